"""Browser-based uploads, signed by botocore."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from cloudward.sigv4 import SignatureError, Verified, Where, parse_signature, verify
from cloudward.sigv4.errors import S3Error
from tests.unit.sigv4.signers import KEY_ID, SECRET, Received

EXPIRATION = "2099-12-01T12:00:00.000Z"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
BUCKET = {"bucket": "examplebucket"}
KEY = ["starts-with", "$key", "user/"]


def fields(conditions: list[Any], token: str | None = None, **policy: Any) -> dict[str, str]:
    """Have botocore sign a policy."""
    request = AWSRequest("POST", "https://examplebucket.s3.amazonaws.com/")
    request.context["s3-presign-post-fields"] = {}
    request.context["s3-presign-post-policy"] = {"expiration": EXPIRATION, "conditions": [*conditions], **policy}
    S3SigV4PostAuth(Credentials(KEY_ID, SECRET, token), "s3", "us-east-1").add_auth(request)
    signed: dict[str, str] = request.context["s3-presign-post-fields"]
    return signed


def form(parts: dict[str, str], file: bytes = b"data", name: str = "photo.jpg") -> Received:
    """Encode a form as browsers do."""
    boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    body = b""
    for field, value in parts.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
    body += b"Content-Type: image/jpeg\r\n\r\n" + file + f"\r\n--{boundary}--\r\n".encode()
    headers = (
        ("host", "examplebucket.s3.amazonaws.com"),
        ("content-type", f"multipart/form-data; boundary={boundary}"),
    )
    return Received("POST", "/", "", headers, body)


def attempt(request: Received, *, later: timedelta = timedelta(0), bucket: str | None = None) -> Verified:
    signature = parse_signature(request)
    assert signature is not None
    assert signature.where is Where.FORM
    return verify(
        request,
        signature,
        SECRET,
        now=signature.time + later,
        service="s3",
        regions=["us-east-1"],
        bucket=bucket,
    )


def refusal(request: Received, *, later: timedelta = timedelta(0), bucket: str | None = None) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        attempt(request, later=later, bucket=bucket)
    return caught.value


@pytest.mark.parametrize("token", [None, "to/ken+"])
def test_signed_uploads_verify(token: str | None) -> None:
    request = form({"key": "user/a.jpg", **fields([BUCKET, KEY], token)})
    verified = attempt(request, later=timedelta(days=1))
    assert verified.body == b"data"
    assert verified.signature.session_token == token
    assert verified.signature.form is not None
    assert verified.signature.form.fields["key"] == "user/a.jpg"
    assert verified.signature.form.file_name == "photo.jpg"
    assert verified.signature.form.content_type == "image/jpeg"


@given(st.binary(max_size=200))
def test_files_may_have_any_bytes(file: bytes) -> None:
    assert attempt(form({"key": "user/a", **fields([BUCKET, KEY])}, file)).body == file


@pytest.mark.parametrize("name", ["x-amz-signature", "policy", "x-amz-date", "x-amz-credential"])
def test_changed_fields_are_refused(name: str) -> None:
    parts = {"key": "user/a", **fields([BUCKET, KEY])}
    text = parts[name]
    parts[name] = text[:-3] + ("1" if text[-3] != "1" else "2") + text[-2:]
    assert refusal(form(parts))


def test_a_changed_policy_does_not_match_the_signature() -> None:
    parts = {"key": "user/a", **fields([BUCKET, KEY])}
    policy = json.loads(b64decode(parts["policy"]))
    policy["conditions"].append(["starts-with", "$acl", ""])
    parts["policy"] = b64encode(json.dumps(policy).encode()).decode()
    error = refusal(form(parts))
    assert error.code == "SignatureDoesNotMatch"
    assert error.fields["StringToSign"] == parts["policy"]


def test_expired_policies() -> None:
    request = form({"key": "user/a", **fields([BUCKET, KEY])})
    signature = parse_signature(request)
    assert signature is not None
    with pytest.raises(SignatureError, match=r"^Invalid according to Policy: Policy expired\.$"):
        verify(request, signature, SECRET, now=LATER, service="s3")


@pytest.mark.parametrize(
    ("conditions", "parts", "message"),
    [
        ([KEY], {"key": "user/a"}, "Extra input fields: bucket"),
        ([BUCKET, KEY], {"key": "user/a", "acl": "public-read"}, "Extra input fields: acl"),
        ([BUCKET, KEY], {"key": "other/a"}, 'Policy Condition failed: ["starts-with", "$key", "user/"]'),
        ([{"bucket": "other"}, KEY], {"key": "user/a"}, 'Policy Condition failed: ["eq", "$bucket", "other"]'),
        (
            [BUCKET, KEY, {"acl": "private"}],
            {"key": "user/a", "acl": "public-read"},
            'Policy Condition failed: ["eq", "$acl", "private"]',
        ),
        (
            [BUCKET, KEY, ["eq", "acl", "private"]],
            {"key": "user/a", "acl": "private"},
            'Policy Condition failed: ["eq", "acl", "private"]',
        ),
        (
            [BUCKET, KEY, ["starts-with", "$acl", ""]],
            {"key": "user/a"},
            'Policy Condition failed: ["starts-with", "$acl", ""]',
        ),
        (
            [BUCKET, KEY, ["content-length-range", "test", "10"]],
            {"key": "user/a"},
            'Policy Condition failed: ["content-length-range", "test", "10"]',
        ),
        (
            [BUCKET, KEY, ["starts-with", "$success_action_status", "20"]],
            {"key": "user/a", "success_action_status": "201"},
            'Policy Condition failed: ["starts-with", "$success_action_status", "20"]',
        ),
        (
            [BUCKET, KEY, ["starts-with", "$Content-Type", "image/"]],
            {"key": "user/a", "Content-Type": "image/png,text/html"},
            'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]',
        ),
        ([["ends-with", "$key", "a"]], {"key": "user/a"}, 'Policy Condition failed: ["ends-with", "$key", "a"]'),
    ],
)
def test_policies_that_do_not_allow_the_upload(conditions: list[Any], parts: dict[str, str], message: str) -> None:
    error = refusal(form({**parts, **fields(conditions)}))
    assert (error.code, error.message) == ("AccessDenied", f"Invalid according to Policy: {message}")


@pytest.mark.parametrize(
    ("conditions", "parts"),
    [
        ([["eq", "$bucket", "examplebucket"], ["eq", "$key", "user/a"]], {"key": "user/a"}),
        ([BUCKET, {"KEY": "user/a"}], {"Key": "user/a"}),
        ([BUCKET, KEY], {"key": "user/a", "x-ignore-me": "1"}),
        ([BUCKET, KEY, ["starts-with", "$x-amz-meta-tag", ""]], {"key": "user/a", "x-amz-meta-tag": "anything"}),
        (
            [BUCKET, KEY, ["starts-with", "$Content-Type", "image/"]],
            {"key": "user/a", "Content-Type": "image/png,image/jpeg"},
        ),
        ([BUCKET, {"key": "user/photo.jpg"}], {"key": "user/${filename}"}),
        ([BUCKET, KEY, ["content-length-range", 4, 4]], {"key": "user/a"}),
    ],
)
def test_policies_that_allow_the_upload(conditions: list[Any], parts: dict[str, str]) -> None:
    assert attempt(form({**parts, **fields(conditions)})).body == b"data"


def test_sizes_outside_the_range() -> None:
    conditions = [BUCKET, KEY, ["content-length-range", 2, 3]]
    large = refusal(form({"key": "user/a", **fields(conditions)}, b"1234"))
    assert (large.code, large.fields) == ("EntityTooLarge", {"ProposedSize": "4", "MaxSizeAllowed": "3"})
    small = refusal(form({"key": "user/a", **fields(conditions)}, b"1"))
    assert (small.code, small.fields) == ("EntityTooSmall", {"ProposedSize": "1", "MinSizeAllowed": "2"})


def test_the_bucket_is_the_one_that_the_upload_goes_to() -> None:
    request = form({"key": "user/a", **fields([BUCKET, KEY])})
    assert attempt(request, bucket="examplebucket")
    assert refusal(request, bucket="another").code == "AccessDenied"
    lying = form({"key": "user/a", "bucket": "examplebucket", **fields([BUCKET, KEY])})
    assert refusal(lying, bucket="another").code == "AccessDenied"


@pytest.mark.parametrize(
    ("extra", "policy", "message"),
    [
        ([{"a": "1", "b": "2"}], {}, "Invalid Simple-Condition: Simple-Conditions must have exactly one"),
        ([], {"expiration": None}, "Policy missing expiration."),
        ([], {"expiration": "tomorrow"}, "Invalid 'expiration' value: 'tomorrow'"),
    ],
)
def test_policies_that_are_none(extra: list[Any], policy: dict[str, Any], message: str) -> None:
    error = refusal(form({"key": "user/a", **fields([BUCKET, KEY, *extra], **policy)}))
    assert error.code == "InvalidPolicyDocument"
    assert error.message.startswith(f"Invalid Policy: {message}")


def test_scopes_and_missing_fields() -> None:
    parts = {"key": "user/a", **fields([BUCKET, KEY])}
    request = form({**parts, "x-amz-credential": parts["x-amz-credential"].replace("us-east-1", "eu-west-1")})
    assert refusal(request).code == "AuthorizationQueryParametersError"
    for name in ("x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"):
        error = refusal(form({field: value for field, value in parts.items() if field != name}))
        assert error.code == "InvalidArgument"
    without_key = {field: value for field, value in parts.items() if field != "key"}
    assert "field named 'key'" in refusal(form(without_key)).message


def test_uploads_without_a_policy_are_anonymous() -> None:
    assert parse_signature(form({"key": "user/a"})) is None


def test_malformed_forms() -> None:
    request = form({"key": "user/a", **fields([BUCKET, KEY])})
    twice = form({"key": "user/a", "Key": "admin/a", **fields([BUCKET, KEY])})
    long = form({"key": "user/a" * 5000, **fields([BUCKET, KEY])})
    cut = Received("POST", "/", "", request.header_items, request.body[:-20])
    unbounded = request.with_header("content-type", "multipart/form-data")
    for wrong in (twice, long, cut, unbounded, Received("POST", "/", "", request.header_items, b"")):
        with pytest.raises(S3Error) as caught:
            parse_signature(wrong)
        assert caught.value.code == "MalformedPOSTRequest"
