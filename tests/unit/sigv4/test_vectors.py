"""The worked examples of AWS's documentation, and known key derivations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudward.sigv4 import SigningKeyCache, derive_signing_key, parse_signature, verify
from cloudward.sigv4.checksums import crc32c, crc64nvme
from cloudward.sigv4.elliptic import derive_private_key
from tests.unit.sigv4.signers import Received

S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
S3_NOW = datetime(2013, 5, 24, tzinfo=UTC)
S3_HOST = ("host", "examplebucket.s3.amazonaws.com")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
S3_CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def test_iam_users_guide_example() -> None:
    request = Received(
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        (
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
            (
                "authorization",
                (
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                    "SignedHeaders=content-type;host;x-amz-date, "
                    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
                ),
            ),
        ),
    )
    signature = parse_signature(request)
    assert signature is not None
    verified = verify(
        request,
        signature,
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
        service="iam",
        regions=["us-east-1"],
    )
    assert verified.payload_signed


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "signature"),
    [
        (
            "GET",
            "/test.txt",
            "",
            [("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")],
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "GET",
            "/",
            "lifecycle",
            [("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")],
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            "max-keys=2&prefix=J",
            [("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")],
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_s3_examples(method: str, path: str, query: str, headers: list[tuple[str, str]], signature: str) -> None:
    names = ";".join(sorted(name for name, _ in [S3_HOST, *headers]))
    authorization = f"AWS4-HMAC-SHA256 Credential={S3_CREDENTIAL},SignedHeaders={names},Signature={signature}"
    request = Received(method, path, query, (S3_HOST, *headers, ("authorization", authorization)))
    parsed = parse_signature(request)
    assert parsed is not None
    assert verify(request, parsed, S3_SECRET, now=S3_NOW, service="s3").signature.access_key_id == S3_CREDENTIAL[:20]


def test_s3_presigned_example() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = Received("GET", "/test.txt", query, (S3_HOST,))
    signature = parse_signature(request)
    assert signature is not None
    assert signature.expires == 86400
    assert not verify(request, signature, S3_SECRET, now=S3_NOW, service="s3").payload_signed


def _chunked_example(kind: str, seed: str, chunks: list[tuple[int, str]], tail: bytes) -> Received:
    headers = [
        ("content-encoding", "aws-chunked"),
        ("host", "s3.amazonaws.com"),
        ("x-amz-content-sha256", kind),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ]
    if kind.endswith("TRAILER"):
        headers.append(("x-amz-trailer", "x-amz-checksum-crc32c"))
    else:
        headers.append(("content-length", "66824"))
    names = ";".join(sorted(name for name, _ in headers))
    authorization = f"AWS4-HMAC-SHA256 Credential={S3_CREDENTIAL},SignedHeaders={names},Signature={seed}"
    body = b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (n, s.encode(), b"a" * n) for n, s in chunks if n)
    body += b"0;chunk-signature=%s\r\n%s\r\n" % (chunks[-1][1].encode(), tail)
    return Received("PUT", "/examplebucket/chunkObject.txt", "", (*headers, ("authorization", authorization)), body)


def test_s3_chunked_example() -> None:
    request = _chunked_example(
        CHUNKED,
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        [
            (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ],
        b"",
    )
    assert len(request.body) == 66824
    signature = parse_signature(request)
    assert signature is not None
    verified = verify(request, signature, S3_SECRET, now=S3_NOW, service="s3", keys=SigningKeyCache())
    assert verified.body == b"a" * 66560
    assert verified.payload_signed


def test_s3_trailer_example() -> None:
    request = _chunked_example(
        f"{CHUNKED}-TRAILER",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        [
            (65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
            (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
            (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
        ],
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    )
    signature = parse_signature(request)
    assert signature is not None
    verified = verify(request, signature, S3_SECRET, now=S3_NOW, service="s3")
    assert verified.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


def test_signing_key_of_the_documentation() -> None:
    key = derive_signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def test_sigv4a_key_of_the_sdks() -> None:
    """The derivation that AWS's own signers test with."""
    numbers = derive_private_key("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
    public = numbers.public_key().public_numbers()
    assert f"{public.x:064x}" == "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb"
    assert f"{public.y:064x}" == "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0"


def test_checksums_have_their_catalogued_check_values() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc64nvme(b"123456789") == 0xAE8B14860A799888
