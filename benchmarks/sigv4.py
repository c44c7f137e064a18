"""What verifying a signature costs.

Figures are CPU time in microseconds, the best of several rounds.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.figures import Figure
from cloudward.sigv4 import SigningKeyCache, check, parse_signature, service_rules, verify
from cloudward.sigv4.canonical import canonical_request, payload_hash, string_to_sign
from cloudward.sigv4.checksums import crc32c
from cloudward.sigv4.elliptic import derive_private_key

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)


@dataclass(frozen=True)
class Received:
    """A request as a server has it."""

    method: str
    raw_path: str
    raw_query: str
    header_items: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def headers(self) -> dict[str, str]:
        """Header values by name."""
        return dict(self.header_items)


def received(request: AWSRequest) -> Received:
    url = urlsplit(request.url)
    items = [("host", url.netloc), *((name.lower(), value) for name, value in request.headers.items())]
    items += [("user-agent", "Boto3/1.44"), ("accept-encoding", "identity"), ("content-length", "40")]
    return Received(request.method, url.path, url.query, tuple(items), request.body or b"")


def signed_header() -> Received:
    request = AWSRequest(
        "POST",
        "http://127.0.0.1:4566/",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        b"Action=GetUser&Version=2010-05-08&UserName=alice",
    )
    SigV4Auth(CREDENTIALS, "iam", "us-east-1").add_auth(request)
    return received(request)


def presigned() -> Received:
    request = AWSRequest("GET", "http://127.0.0.1:4566/bucket/a%20key?versionId=1")
    S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    return received(request)


def microseconds(call: Callable[[], object], number: int = 5000, rounds: int = 7) -> float:
    call()
    return min(timeit.repeat(call, number=number, repeat=rounds)) / number * 1e6


def measure(title: str, request: Received, service: str) -> Iterator[Figure]:
    keys = SigningKeyCache()
    rules = service_rules(service)
    signature = parse_signature(request, rules)
    assert signature is not None
    now, signed = signature.time, signature.signed_headers

    def whole() -> None:
        parsed = parse_signature(request, rules)
        assert parsed is not None
        verify(request, parsed, SECRET, now=now, service=rules, regions=("us-east-1",), keys=keys)

    canonical = canonical_request(request, signed, payload_hash(request.body), s3=rules.s3)
    steps: dict[str, Callable[[], object]] = {
        "parse and verify": whole,
        "  parse": lambda: parse_signature(request, rules),
        "  check": lambda: check(request, signature, now=now, service=rules),
        "  canonical request": lambda: canonical_request(request, signed, "", s3=rules.s3),
        "  string to sign": lambda: string_to_sign("AWS4-HMAC-SHA256", "t", "s", canonical),
        "  body hash": lambda: payload_hash(request.body),
        "verify, key not cached": lambda: verify(request, signature, SECRET, now=now, service=rules),
    }
    for step, call in steps.items():
        yield Figure("sigv4", f"{title}: {step.strip()}", microseconds(call), "µs")


def figures() -> Iterator[Figure]:
    """Yield what verification costs, whole and by step."""
    yield from measure("header (IAM)", signed_header(), "iam")
    yield from measure("presigned (S3)", presigned(), "s3")
    key = microseconds(lambda: derive_private_key("AKIDEXAMPLE", SECRET), 200)
    yield Figure("sigv4", "SigV4A: derive a key", key, "µs")
    data = bytes(1 << 20)
    yield Figure("sigv4", "CRC-32C of 1 MiB", microseconds(lambda: crc32c(data), 1, 3) / 1000, "ms")
