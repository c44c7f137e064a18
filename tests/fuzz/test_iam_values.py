"""Whatever values IAM's operations get, in whatever order: an answer or a refusal that changes nothing, never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudward.app import App
from cloudward.config import Config
from cloudward.model import OperationModel, Shape
from cloudward.protocols import WireRequest
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam import declared

_ARN = f"arn:aws:iam::{declared.ACCOUNT}"
_ARNS = (
    *(value for value in declared.DEFAULTS.values() if isinstance(value, str) and value.startswith("arn:")),
    *(f"{_ARN}:{rest}" for rest in ("root", "user/", "user/ada", "group/team", "mfa/", "policy/", "", "x/y")),
    "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/", "arn:aws:iam:::", "arn::::::",
    "arn:aws:iam::999999999999:user/x", "arn:aws-cn:iam::123456123456:user/ada", "arn:aws:s3:::bucket",
    "arn:aws:sts::123456123456:assumed-role/web/session",
)  # fmt: skip
_DOCUMENTS = (
    "{", "{}", "[]", "null", "[" * 5_000, '{"a":' * 2_000, '{"Version":"2012-10-17","Statement":[]}',
    '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
    '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericEquals":{"a":1e400}}}]}',
    '{"Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{"Bool":{"a":[true,null]}}}]}',
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "ssh-rsa AAAA", "ssh-rsa " + "A" * 400,
    "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "<a/>" + " " * 1_000,
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>" + " " * 1_000, str(declared.DEFAULTS["SAMLMetadataDocument"])[:1_500],
)  # fmt: skip
_TEXTS = (
    "", "x", "ADA", "bob", "empty", "free", "spare", "A" * 64, "A" * 129, "é", "👍", "a b", "\x00", "\n", "\ud800",
    "<&>", "/", "//", "/a/", "/aws-service-role/batch.amazonaws.com/", "aws:x", "0", "-1", "1.5", "9" * 30, "true",
    "NaN", "v1", "v0", "s3:*", "*", "AWSServiceRoleForBatch", "Expired", "https://", "https://[::1", "http://example.com",
    "https://a:99999/", "2026-11-23T00:00:00Z", "not-a-date",
)  # fmt: skip

_texts = st.one_of(st.sampled_from(_TEXTS), st.sampled_from(_ARNS), st.sampled_from(_DOCUMENTS), st.text(max_size=20))
_typed = {
    "integer": st.sampled_from(["0", "1", "2", "-1", "1000", "1001", str(2**31), str(2**63), "1.5", "x", ""]),
    "boolean": st.sampled_from(["true", "false", "True", "1", "maybe", ""]),
    "timestamp": st.sampled_from(["2026-11-23T00:00:00Z", "0", "4000000000", "not-a-date", ""]),
}


def _leaves(shape: Shape, path: str, name: str, depth: int = 0) -> Iterator[tuple[str, str, Shape]]:
    """Yield the form keys of a shape with one element a list, each with its member's name and shape."""
    if shape.type == "structure":
        for key, member in shape.members.items() if depth < 4 else ():
            yield from _leaves(member.shape, f"{path}.{key}" if path else key, key, depth + 1)
    elif shape.type == "list" and shape.member is not None:
        for number in (1, 2):
            yield from _leaves(shape.member.shape, f"{path}.member.{number}", name, depth + 1)
    elif shape.type == "map" and shape.key is not None and shape.value is not None:
        yield f"{path}.entry.1.key", name, shape.key.shape
        yield from _leaves(shape.value.shape, f"{path}.entry.1.value", name, depth + 1)
    else:
        yield path, name, shape


@st.composite
def _form(draw: st.DrawFn, operation: OperationModel) -> dict[str, str]:
    """Draw an operation's form: mostly what would be right in the furnished account, the rest anything."""
    form = {"Action": operation.name, "Version": "2010-05-08"}
    required = set(operation.input.required) if operation.input else set()
    for key, name, shape in _leaves(operation.input, "", "") if operation.input else ():
        how = draw(st.integers(0, 9))
        if how == 0 or (how < 6 and key.partition(".")[0] not in required):
            continue
        right = declared.DEFAULTS.get(name)
        if how < 8 and isinstance(right, str):
            form[key] = right
        elif how < 8 and shape.enum:
            form[key] = draw(st.sampled_from(shape.enum))
        else:
            form[key] = draw(_typed.get(shape.type, _texts))
    return form


_COMMON = {"AccessDenied", "SerializationException", "ValidationError"}
"""What any operation may answer; the wire has AWS's codes for them."""


def _codes(operation: OperationModel) -> set[str]:
    return {error.name for error in operation.errors}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with running_gateway(Config(plugin_settings={"iam": {"password_hash_cost": 2}})) as running:
        yield running


def _send(app: App, form: dict[str, str]) -> Any:
    credential = f"Credential={declared.ACCOUNT}/20260101/us-east-1/iam/aws4_request"
    headers = [
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("authorization", f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
    ]
    body = urlencode(form, errors="surrogatepass").encode()
    return app.handle(WireRequest("POST", "/", "", headers, body))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_value_breaks_iam(gateway: Gateway, data: st.DataObject) -> None:
    urlopen(Request(f"{gateway.url}/_cloudward/state/reset", method="POST")).close()
    declared.furnish(gateway.client("iam", declared.ACCOUNT), gateway)
    model = gateway.app.catalogue.service("iam")
    names = st.sampled_from(sorted(model.operation_names))
    for form in data.draw(st.lists(names.flatmap(lambda name: _form(model.operation(name))), min_size=20, max_size=60)):
        call = _send(gateway.app, form)
        assert call.response is not None
        assert call.response.status < 500, (form, call.error)
        if call.error is not None:
            assert call.error.code in _COMMON | _codes(model.operation(form["Action"])), (form, call.error)
            assert call.transaction is None or not call.transaction.dirty, (form, call.error)
