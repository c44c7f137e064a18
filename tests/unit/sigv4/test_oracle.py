"""botocore signs, cloudward verifies: generated requests of every form, and any changed byte refused."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, unquote_to_bytes

import pytest
from botocore.utils import normalize_url_path
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cloudward.sigv4 import SignatureError, SigningKeyCache, Verified, parse_signature, verify
from tests.unit.sigv4.signers import KEY_ID, SECRET, Received, sign

HOST = "https://host.example:4566"
SERVICES = st.sampled_from(["iam", "sts", "dynamodb", "lambda", "s3"])
SEGMENTS = st.one_of(
    st.sampled_from([".", "..", "", "a", "%", "a b", "a+b", "é", "日本", "*", "~x", "a/b", "{}", "arn:aws:s3:::b/k"]),
    st.text(max_size=8),
)
PATHS = st.lists(SEGMENTS, max_size=5)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
# X-Amz-... of the client's own could be authentication parameters.
QUERIES = st.lists(st.tuples(NAMES.filter(lambda n: "amz" not in n.lower()), st.text(max_size=6)), max_size=5)
BLANKS = st.sampled_from(["", " ", "  ", "\t", " \t  "])
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126) | st.sampled_from("éßЖ漢"), max_size=6)
VALUES = st.lists(st.tuples(BLANKS, WORDS), max_size=4).map(
    lambda parts: "".join(blank + word for blank, word in parts)
)
HEADERS = st.dictionaries(
    st.sampled_from(["x-amz-meta-a", "x-amz-meta-b", "X-Amz-Target", "Content-Type", "X-Custom", "Range"]),
    VALUES,
    max_size=4,
)
BODIES = st.binary(max_size=64)


def url(service: str, path: list[str], query: list[tuple[str, str]]) -> str:
    """Encode a URL as clients of the service do: once, all but the unreserved characters."""
    encoded = "/".join(quote(segment, safe="-_.~") for segment in path)
    parts = [f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query]
    return f"{HOST}/{encoded}" + (f"?{'&'.join(parts)}" if parts else "")


def check(request: Received, service: str, secret: str = SECRET) -> Verified:
    signature = parse_signature(request, service)
    assert signature is not None
    if signature.access_key_id != KEY_ID:
        # A server finds the secret by the access key id, which is all that ties the id to an HMAC.
        secret = "the secret of another key"
    return verify(
        request, signature, secret, now=signature.time, service=service, regions=("us-east-1",), keys=SigningKeyCache(2)
    )


@given(SERVICES, PATHS, QUERIES, HEADERS, BODIES, st.none() | st.text("abc/+=", min_size=1, max_size=9))
@example(
    "iam",
    ["", "", "a", "..", "b", ""],
    [("a", ""), ("a", "1"), ("B", "+"), ("a", "")],
    {"X-Custom": " a \t b "},
    b"",
    None,
)
def test_header_signatures_verify(
    service: str,
    path: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    token: str | None,
) -> None:
    request = sign("PUT", url(service, path, query), service=service, headers=headers, body=body, token=token)
    verified = check(request, service)
    assert verified.payload_signed
    assert verified.body == body
    assert verified.signature.session_token == token


@given(SERVICES, PATHS, QUERIES, HEADERS, st.none() | st.text("abc/+=", min_size=1, max_size=9))
def test_presigned_requests_verify(
    service: str, path: list[str], query: list[tuple[str, str]], headers: dict[str, str], token: str | None
) -> None:
    # botocore joins parameters of one name when it presigns, and drops what it takes for its own default.
    query = list(dict(query).items())
    request = sign("GET", url(service, path, query), service=service, headers=headers, token=token, expires=60)
    verified = check(request, service)
    assert verified.signature.expires == 60
    assert verified.signature.session_token == token


@given(SERVICES, PATHS, QUERIES, BODIES, st.integers(0, 255), st.data())
def test_any_changed_byte_is_refused(
    service: str, path: list[str], query: list[tuple[str, str]], body: bytes, other: int, data: st.DataObject
) -> None:
    headers = {"X-Amz-Meta-A": "one two", "Content-Type": "text/plain"}
    request = sign("PUT", url(service, path, query), service=service, headers=headers, body=body)
    part = data.draw(st.sampled_from(["method", "path", "query", "body", "authorization", "x-amz-date", "header"]))
    changed = _changed(request, part, other, data, service)
    with pytest.raises(SignatureError):
        check(changed, service)


def _changed(request: Received, part: str, other: int, data: st.DataObject, service: str) -> Received:
    """Change one byte of a part, in a way that means something else."""

    def flip(text: str) -> str:
        assume(text)
        index = data.draw(st.integers(0, len(text) - 1))
        assume(text[index] != chr(other))
        return text[:index] + chr(other) + text[index + 1 :]

    if part == "method":
        return replace(request, method=flip(request.method))
    if part == "path":
        path = flip(request.raw_path)
        assume(_path_meaning(path, service) != _path_meaning(request.raw_path, service))
        return replace(request, raw_path=path)
    if part == "query":
        query = flip(request.raw_query)
        assume(_query_meaning(query) != _query_meaning(request.raw_query))
        return replace(request, raw_query=query)
    if part == "body":
        return replace(request, body=flip(request.body.decode("latin-1")).encode("latin-1"))
    if part == "header":
        name = data.draw(st.sampled_from(["host", "x-amz-meta-a", "content-type"]))
        value = flip(request.headers[name])
        assume(value.split() != request.headers[name].split())
        return request.with_header(name, value)
    value = flip(request.headers[part])
    # Blanks and commas between the parts are not signed, nor is the case of header names.
    assume(_loose(value) != _loose(request.headers[part]))
    return request.with_header(part, value)


def _loose(authorization: str) -> list[str]:
    before, _, after = authorization.replace(",", " ").partition("SignedHeaders=")
    names, _, signature = after.partition(" ")
    return [*before.split(), ";".join(sorted(set(names.lower().split(";")))), *signature.split()]


def _path_meaning(path: str, service: str) -> object:
    if service == "s3":
        return [unquote_to_bytes(segment.encode("latin-1")) for segment in path.split("/")]
    return normalize_url_path("/" + path.lstrip("/") if path else "/")


def _query_meaning(query: str) -> object:
    parts = [part.replace("+", " ").partition("=") for part in query.split("&") if part]
    return sorted((unquote_to_bytes(n.encode("latin-1")), unquote_to_bytes(v.encode("latin-1"))) for n, _, v in parts)


@given(SERVICES, st.integers(0, 500), st.integers(0, 255), st.data())
def test_any_changed_byte_of_a_presigned_query_is_refused(
    service: str, position: int, other: int, data: st.DataObject
) -> None:
    request = sign("GET", f"{HOST}/a/b?list-type=2&prefix=x%20y", service=service, token="to/ken", expires=900)
    query = request.raw_query
    position %= len(query)
    assume(query[position] != chr(other))
    changed = query[:position] + chr(other) + query[position + 1 :]
    assume(_query_meaning(changed) != _query_meaning(query))
    mutated = replace(request, raw_query=changed)
    with pytest.raises(SignatureError):
        check(mutated, service)


@given(SERVICES, BODIES)
def test_another_secret_is_refused(service: str, body: bytes) -> None:
    request = sign(service=service, body=body)
    with pytest.raises(SignatureError):
        check(request, service, SECRET[:-1] + "Z")


def test_unsigned_payload_is_taken_where_the_service_takes_it() -> None:
    context = {"payload_signing_enabled": False, "has_streaming_input": True}
    headers = {"Content-MD5": "x", "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    request = sign("PUT", f"{HOST}/b/k", service="s3", body=b"data", headers=headers, context=context)
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert not check(request, "s3").payload_signed
    assert not check(replace(request, body=b"other"), "s3").payload_signed
    general = sign("PUT", f"{HOST}/b/k", service="iam", body=b"data", headers=headers, context=context)
    with pytest.raises(SignatureError):
        check(general, "iam")


def test_an_anonymous_request_has_no_signature() -> None:
    assert parse_signature(Received("GET", "/", "prefix=X-Amz-Meta", (("host", "a"),))) is None
    assert parse_signature(Received("GET", "/", "X-Amz-Expires=5", (("host", "a"),))) is None
