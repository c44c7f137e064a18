"""Chunked uploads and SigV4A through the whole gateway, with a plugin that takes what arrives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest

from cloudward.api import App, Caller, Context, Credential, Per, Provider, State, Transaction, hookimpl, operation
from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import Answer, exchange
from tests.unit.sigv4.signers import KEY_ID, NOW, SECRET, TIMESTAMP, EcdsaSigner, HmacSigner

HOST = "s3.amazonaws.com"
PATH = "/bucket/key"
CONTENT = b"first chunk, " * 700 + b"and the rest"
EMPTY = sha256(b"").hexdigest()


class S3State(State, per=Per.ACCOUNT, service="s3"):
    """Nothing."""


class Uploads:
    """Takes S3's PutObject, and knows the documentation's example key."""

    def __init__(self) -> None:
        self.taken: list[tuple[Caller, bytes]] = []

    @hookimpl
    def cloudward_providers(self) -> Iterable[Provider]:
        taken = self.taken

        @operation("PutObject")
        def put_object(ctx: Context[S3State], *, bucket: str, key: str, body: bytes = b"") -> dict[str, Any]:
            taken.append((ctx.caller, body))
            return {}

        yield Provider("s3", S3State).include(put_object)

    @hookimpl
    def cloudward_resolve_credential(
        self, app: App, transaction: Transaction, access_key_id: str, session_token: str | None
    ) -> Credential | None:
        if access_key_id != KEY_ID:
            return None
        caller = Caller(
            kind="user", partition="aws", account="123456789012", arn="arn:aws:iam::123456789012:user/u", user_id="U"
        )
        return Credential(caller=caller, secret_access_key=SECRET)


class SigningTime(Clock):
    """The machine's clock at the time for which the requests are signed."""

    def machine_now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def uploads() -> Uploads:
    return Uploads()


@pytest.fixture(scope="module")
def upload_gateway(uploads: Uploads) -> Iterator[Gateway]:
    with running_gateway(Config(auth="strict"), plugins={"uploads": uploads}, clock=SigningTime()) as running:
        yield running


def chunked(signer: HmacSigner, seed: str, sizes: tuple[int, ...], algorithm: str) -> bytes:
    """Return the content in signed chunks."""
    body, previous, rest = b"", seed, CONTENT
    for size in (*sizes, 0):
        chunk, rest = rest[:size], rest[size:]
        text = f"{algorithm}-PAYLOAD\n{TIMESTAMP}\n{signer.scope}\n{previous}\n{EMPTY}\n{sha256(chunk).hexdigest()}"
        previous = signer.sign(text)
        body += f"{len(chunk):x};chunk-signature={signer.pad(previous)}\r\n".encode() + chunk + b"\r\n"
    return body


def upload(gateway: Gateway, signer: HmacSigner, *, change: bytes = b"") -> Answer:
    """Send the content in signed chunks; `change` stands in for the beginning of the content."""
    algorithm = signer.algorithm
    payload = f"STREAMING-{algorithm}-PAYLOAD"
    headers = [
        ("content-encoding", "aws-chunked"),
        ("host", HOST),
        ("x-amz-content-sha256", payload),
        ("x-amz-date", TIMESTAMP),
        ("x-amz-decoded-content-length", str(len(CONTENT))),
    ]
    if algorithm.startswith("AWS4-ECDSA"):
        headers.append(("x-amz-region-set", "us-east-1,eu-*"))
    request, seed = signer.request("PUT", PATH, headers, payload)
    body = chunked(signer, seed, (8192, len(CONTENT) - 8192), algorithm)
    if change:
        body = body.replace(CONTENT[: len(change)], change, 1)
    return exchange(gateway.url, "PUT", PATH, list(request.header_items), body)


@pytest.mark.parametrize("signer", [HmacSigner, EcdsaSigner])
def test_chunks_arrive_as_one_body(upload_gateway: Gateway, uploads: Uploads, signer: type[HmacSigner]) -> None:
    uploads.taken.clear()
    assert upload(upload_gateway, signer()).status == 200
    [(caller, body)] = uploads.taken
    assert body == CONTENT
    assert caller.verified


@pytest.mark.parametrize("signer", [HmacSigner, EcdsaSigner])
def test_a_changed_chunk_is_refused(upload_gateway: Gateway, uploads: Uploads, signer: type[HmacSigner]) -> None:
    uploads.taken.clear()
    answer = upload(upload_gateway, signer(), change=b"First")
    assert answer.status == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text
    assert uploads.taken == []


def test_a_presigned_upload_does_not_sign_its_body(upload_gateway: Gateway, uploads: Uploads) -> None:
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    from tests.contract.sts.test_attacks import _sign_at

    request = AWSRequest("PUT", f"http://{HOST}{PATH}")
    _sign_at(S3SigV4QueryAuth(Credentials(KEY_ID, SECRET), "s3", "us-east-1", expires=60), request, NOW)
    assert request.url is not None
    uploads.taken.clear()
    target = request.url.removeprefix(f"http://{HOST}")
    assert exchange(upload_gateway.url, "PUT", target, {"Host": HOST}, CONTENT).status == 200
    assert uploads.taken[0][1] == CONTENT
    answer = exchange(upload_gateway.url, "PUT", target.replace("key", "other"), {"Host": HOST}, CONTENT)
    assert answer.status == 403
