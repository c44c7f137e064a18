"""The report that explains a signature."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloudward.sigv4 import ComparedLine, Difference, SignatureReport, compare, parse_signature
from tests.unit.sigv4.signers import SECRET, Received, sign


def report(request: Received, client: str | None = None, secret: str = SECRET) -> SignatureReport:
    signature = parse_signature(request)
    assert signature is not None
    return compare(request, signature, secret, client)


def only_difference(result: SignatureReport) -> ComparedLine:
    assert len(result.differences) == 1
    return result.differences[0]


def test_a_right_signature() -> None:
    request = sign()
    result = report(request)
    assert result.matches
    assert result.conclusion == "The signature matches."
    same = report(request, result.canonical_request)
    assert not same.differences
    assert {line.part for line in same.lines} == {
        "method",
        "path",
        "header host",
        "header x-amz-date",
        "signed headers",
        "payload hash",
    }


def test_another_secret_shows_the_same_text() -> None:
    request = sign()
    result = report(request, report(request).canonical_request, "another")
    assert not result.matches
    assert not result.differences
    assert "the secret access keys differ" in result.conclusion


@pytest.mark.parametrize(
    ("change", "part", "hint"),
    [
        ({"body": b"other"}, "payload hash", "The body that arrived is not the one that was signed."),
        ({"body": b""}, "payload hash", "The body arrived empty."),
        ({"method": "PUT"}, "method", ""),
        ({"raw_path": "/c%20d"}, "path", "One is encoded once more"),
        ({"raw_query": "a=1&b=3"}, "query parameter b", ""),
        ({"raw_query": "a=1"}, "query parameter b", "The client signed this parameter, but it did not arrive."),
        ({"raw_query": "a=1&b=2&c=3"}, "query parameter c", "This parameter arrived, but the client did not sign it."),
    ],
)
def test_what_differs_is_named(change: dict[str, object], part: str, hint: str) -> None:
    signed = sign("POST", "https://iam.amazonaws.com/a%20b?a=1&b=2", body=b"body")
    if "raw_path" in change:
        arrived, client = signed, report(signed).canonical_request.replace("/a%2520b", "/a%20b")
    else:
        arrived, client = replace(signed, **change), report(signed).canonical_request  # type: ignore[arg-type]
    line = only_difference(report(arrived, client))
    assert line.part == part
    assert line.hint.startswith(hint)


def test_changed_and_removed_headers() -> None:
    signed = sign(headers={"X-Custom": "one"})
    client = report(signed).canonical_request
    host = only_difference(report(signed.with_header("host", "localhost:4566"), client))
    assert (host.part, host.difference) == ("header host", Difference.CHANGED)
    assert host.column == len("host:")
    removed = only_difference(report(signed.without_header("x-custom"), client))
    assert (removed.part, removed.difference) == ("header x-custom", Difference.ONLY_CLIENT)
    assert "did not arrive" in removed.hint
    blanks = only_difference(report(signed, client.replace("x-custom:one", "x-custom: one")))
    assert blanks.hint.startswith("Only blanks differ")
    added = report(signed, client.replace("x-custom:one\n", ""))
    assert only_difference(added).difference is Difference.ONLY_SERVER


def test_the_string_to_sign_can_be_given_instead() -> None:
    signed = sign()
    text = report(signed).string_to_sign
    assert not report(signed, text).differences
    line = only_difference(report(signed, text.replace("/us-east-1/", "/eu-west-1/")))
    assert line.part == "credential scope"


def test_the_report_in_a_terminal() -> None:
    signed = sign(headers={"X-Custom": "one"})
    client = report(signed).canonical_request
    text = report(signed.with_header("x-custom", "on\x1b[31m"), client.replace("POST\n", "GET\n")).render()
    assert "\x1b" not in text
    lines = text.split("\n")
    assert lines[0] == "The signature does not match: 2 lines differ."
    start = lines.index("! header x-custom")
    assert lines[start + 1 : start + 4] == [
        "    server  x-custom:on\\x1b[31m",
        "    client  x-custom:one",
        "                       ^ from here",
    ]
    assert "= path: /" in lines
    assert "Give the canonical request" in report(replace(signed, body=b"x")).render()


def test_text_that_is_no_canonical_request_is_compared_line_by_line() -> None:
    result = report(sign(), "what\nis this?")
    assert result.lines
    assert all(line.difference is not Difference.NONE for line in result.lines)
