"""Requests signed by botocore, and by the documented algorithm where botocore has no signer without awscrt."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials(KEY_ID, SECRET)
HEADER_SIGNERS = {"s3": S3SigV4Auth}
QUERY_SIGNERS = {"s3": S3SigV4QueryAuth}


@dataclass(frozen=True)
class Received:
    """A request as a server has it."""

    method: str
    raw_path: str
    raw_query: str
    header_items: tuple[tuple[str, str], ...]
    body: bytes = b""
    joiner: str = field(default=", ", compare=False)

    @cached_property
    def headers(self) -> dict[str, str]:
        joined: dict[str, str] = {}
        for name, value in self.header_items:
            joined[name] = f"{joined[name]}{self.joiner}{value}" if name in joined else value
        return joined

    def with_header(self, name: str, value: str) -> Received:
        """The request with one header set, or added."""
        if name not in self.headers:
            return self.adding_header(name, value)
        items = tuple((n, value if n == name else v) for n, v in self.header_items)
        return replace(self, header_items=items)

    def adding_header(self, name: str, value: str) -> Received:
        """The request with one header more, even if there is one of that name."""
        return replace(self, header_items=(*self.header_items, (name, value)))

    def without_header(self, name: str) -> Received:
        return replace(self, header_items=tuple(item for item in self.header_items if item[0] != name))


def received(request: AWSRequest) -> Received:
    """What a server receives when a client sends the request: headers as bytes, decoded as latin-1."""
    url = urlsplit(request.url)
    items = [("host", url.netloc)]
    items += [(name.lower(), str(value).encode().decode("latin-1")) for name, value in request.headers.items()]
    body = request.body or b""
    return Received(
        request.method,
        url.path or "/",
        url.query,
        tuple(items),
        body.encode() if isinstance(body, str) else body,
    )


def sign(
    method: str = "POST",
    url: str = "https://iam.amazonaws.com/",
    *,
    service: str = "iam",
    region: str = "us-east-1",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    token: str | None = None,
    secret: str = SECRET,
    expires: int | None = None,
    context: dict[str, Any] | None = None,
) -> Received:
    """Have botocore sign a request; in the query string when an expiry (seconds) is given."""
    request = AWSRequest(method=method, url=url, headers=headers or {}, data=body)
    request.context.update(context or {})
    credentials = Credentials(KEY_ID, secret, token)
    if expires is None:
        HEADER_SIGNERS.get(service, SigV4Auth)(credentials, service, region).add_auth(request)
    else:
        QUERY_SIGNERS.get(service, SigV4QueryAuth)(credentials, service, region, expires).add_auth(request)
    return received(request)


NOW = datetime(2013, 5, 24, 0, 0, 0, tzinfo=UTC)
TIMESTAMP = "20130524T000000Z"


def hmac_key(secret: str, scope: str) -> bytes:
    """The documented derivation of a signing key."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


class HmacSigner:
    """AWS4-HMAC-SHA256 as documented, for what botocore does not sign."""

    algorithm = "AWS4-HMAC-SHA256"

    def __init__(self, service: str = "s3", secret: str = SECRET, region: str = "us-east-1") -> None:
        self.scope = f"20130524/{region}/{service}/aws4_request"
        self._key = hmac_key(secret, self.scope)

    def sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def pad(self, signature: str) -> str:
        return signature

    def request(
        self,
        method: str,
        path: str,
        headers: list[tuple[str, str]],
        payload: str,
        body: bytes = b"",
        signed: str | None = None,
    ) -> tuple[Received, str]:
        """Sign a request without a query, whose headers are canonical already; also gives the signature."""
        names = signed or ";".join(sorted(name for name, _ in headers))
        values: dict[str, list[str]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        lines = "".join(f"{name}:{','.join(values[name])}\n" for name in names.split(";"))
        canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{payload}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = self.sign(f"{self.algorithm}\n{TIMESTAMP}\n{self.scope}\n{digest}")
        authorization = (
            f"{self.algorithm} Credential={KEY_ID}/{self.scope}, SignedHeaders={names}, Signature={signature}"
        )
        items = (*headers, ("authorization", authorization))
        return Received(method, path, "", items, body), signature


class EcdsaSigner(HmacSigner):
    """AWS4-ECDSA-P256-SHA256 as documented."""

    algorithm = "AWS4-ECDSA-P256-SHA256"

    def __init__(self, service: str = "s3", secret: str = SECRET, key_id: str = KEY_ID) -> None:
        self.scope = f"20130524/{service}/aws4_request"
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        for counter in range(1, 255):
            fixed = (
                b"\x00\x00\x00\x01"
                + self.algorithm.encode()
                + b"\x00"
                + key_id.encode()
                + bytes([counter])
                + b"\x00\x00\x01\x00"
            )
            number = int.from_bytes(hmac.new(f"AWS4A{secret}".encode(), fixed, hashlib.sha256).digest())
            if number <= order - 2:
                break
        self._private = ec.derive_private_key(number + 1, ec.SECP256R1())

    def sign(self, text: str) -> str:
        return self._private.sign(text.encode(), ec.ECDSA(SHA256())).hex()

    def pad(self, signature: str) -> str:
        return signature.ljust(144, "*")
