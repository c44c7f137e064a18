"""What verifying a signature costs: `python benchmarks/sigv4.py`, from the repository's root, with the package installed.

Figures are CPU time in microseconds, the best of several rounds.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cloudward.sigv4 import SigningKeyCache, check, derive_private_key, parse_signature, service_rules, verify
from cloudward.sigv4.canonical import canonical_request, payload_hash, string_to_sign
from cloudward.sigv4.checksums import crc32c

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)


@dataclass(frozen=True)
class Received:
    method: str
    raw_path: str
    raw_query: str
    header_items: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def headers(self) -> dict[str, str]:
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


def main() -> None:
    keys = SigningKeyCache()
    for title, request, service in (("header (IAM)", signed_header(), "iam"), ("presigned (S3)", presigned(), "s3")):
        rules = service_rules(service)
        signature = parse_signature(request, rules)
        assert signature is not None
        now = signature.time

        def whole(request: Received = request, rules: object = rules, now: object = now) -> object:
            parsed = parse_signature(request, rules)
            return verify(request, parsed, SECRET, now=now, service=rules, regions=("us-east-1",), keys=keys)

        def uncached(request: Received = request, rules: object = rules, now: object = now) -> object:
            return verify(request, signature, SECRET, now=now, service=rules)

        print(f"{title:16} parse and verify        {microseconds(whole):8.1f} µs")
        print(f"{title:16}   parse                 {microseconds(lambda: parse_signature(request, rules)):8.1f} µs")
        print(
            f"{title:16}   check                 {microseconds(lambda: check(request, signature, now=now, service=rules)):8.1f} µs"
        )
        canonical = canonical_request(request, signature.signed_headers, payload_hash(request.body), s3=rules.s3)
        print(
            f"{title:16}   canonical request     {microseconds(lambda: canonical_request(request, signature.signed_headers, '', s3=rules.s3)):8.1f} µs"
        )
        print(
            f"{title:16}   string to sign        {microseconds(lambda: string_to_sign('AWS4-HMAC-SHA256', 't', 's', canonical)):8.1f} µs"
        )
        print(f"{title:16}   body hash             {microseconds(lambda: payload_hash(request.body)):8.1f} µs")
        print(f"{title:16} verify, key not cached  {microseconds(lambda: uncached()):8.1f} µs")
    print(
        f"{'SigV4A':16} derive a key             {microseconds(lambda: derive_private_key('AKIDEXAMPLE', SECRET), 200):8.1f} µs"
    )
    data = bytes(1 << 20)
    print(f"{'CRC-32C':16} of 1 MiB                 {microseconds(lambda: crc32c(data), 1, 3):8.0f} µs")


if __name__ == "__main__":
    main()
