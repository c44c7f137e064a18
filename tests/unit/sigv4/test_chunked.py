"""Bodies in aws-chunked: signed in both algorithms, with trailers, and everything that can be wrong with them."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cloudward.sigv4 import SignatureError, Verified, checksum, decode_chunked, parse_signature, verify
from tests.unit.sigv4.signers import NOW, SECRET, TIMESTAMP, EcdsaSigner, HmacSigner, Received

EMPTY = sha256(b"").hexdigest()
SIGNERS: dict[str, Callable[[], HmacSigner]] = {"HMAC-SHA256": HmacSigner, "ECDSA-P256-SHA256": EcdsaSigner}
KIB8 = 8192


def upload(
    data: bytes, *, algorithm: str = "HMAC-SHA256", trailers: dict[str, str] | None = None, size: int = KIB8
) -> Received:
    """Sign an upload in chunks, by the documented algorithm."""
    signer = SIGNERS[algorithm]()
    payload = f"STREAMING-AWS4-{algorithm}-PAYLOAD{'' if trailers is None else '-TRAILER'}"
    headers = [
        ("content-encoding", "aws-chunked"),
        ("host", "s3.amazonaws.com"),
        ("x-amz-content-sha256", payload),
        ("x-amz-date", TIMESTAMP),
        ("x-amz-decoded-content-length", str(len(data))),
    ]
    if algorithm.startswith("ECDSA"):
        headers.append(("x-amz-region-set", "us-east-1"))
    if trailers:
        headers.append(("x-amz-trailer", ",".join(trailers)))
    request, previous = signer.request("PUT", "/b/k", headers, payload)
    body = b""
    for start in [*range(0, len(data), size), len(data)]:
        chunk = data[start : start + size]
        text = f"{signer.algorithm}-PAYLOAD\n{TIMESTAMP}\n{signer.scope}\n{previous}\n{EMPTY}\n"
        previous = signer.sign(text + sha256(chunk).hexdigest())
        body += f"{len(chunk):x};chunk-signature={signer.pad(previous)}\r\n".encode() + chunk
        body += b"\r\n" if chunk else b""
    if trailers is not None:
        canonical = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        digest = sha256(canonical.encode()).hexdigest()
        signature = signer.sign(f"{signer.algorithm}-TRAILER\n{TIMESTAMP}\n{signer.scope}\n{previous}\n{digest}")
        body += canonical.replace("\n", "\r\n").encode() + f"x-amz-trailer-signature:{signature}\r\n".encode()
    return replace(request, body=body + b"\r\n")


def unsigned_upload(data: bytes, trailers: dict[str, str], *, announced: str | None = None) -> Received:
    payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    headers = [
        ("host", "s3.amazonaws.com"),
        ("x-amz-content-sha256", payload),
        ("x-amz-date", TIMESTAMP),
        ("x-amz-decoded-content-length", str(len(data))),
        ("x-amz-trailer", ",".join(trailers) if announced is None else announced),
    ]
    request, _ = HmacSigner().request("PUT", "/b/k", headers, payload)
    body = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
    body += b"0\r\n" + b"".join(f"{name}:{value}\r\n".encode() for name, value in trailers.items()) + b"\r\n"
    return replace(request, body=body)


def attempt(request: Received) -> Verified:
    signature = parse_signature(request)
    assert signature is not None
    return verify(request, signature, SECRET, now=NOW, service="s3", regions=["us-east-1"])


def refusal(request: Received) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        attempt(request)
    return caught.value


ALGORITHMS = pytest.mark.parametrize("algorithm", list(SIGNERS))


@ALGORITHMS
@pytest.mark.parametrize("length", [0, 1, KIB8, KIB8 + 1, 3 * KIB8])
def test_signed_chunks_verify(algorithm: str, length: int) -> None:
    data = bytes(range(256)) * (length // 256 + 1)
    verified = attempt(upload(data[:length], algorithm=algorithm))
    assert verified.body == data[:length]
    assert verified.payload_signed


@ALGORITHMS
@pytest.mark.parametrize("checksums", [(), ("crc32",), ("crc32c", "sha256"), ("crc64nvme",), ("sha1",)])
def test_signed_trailers_verify(algorithm: str, checksums: tuple[str, ...]) -> None:
    data = b"abc" * 5000
    trailers = {f"x-amz-checksum-{name}": checksum(name, data) for name in checksums}
    verified = attempt(upload(data, algorithm=algorithm, trailers=trailers))
    assert (verified.body, verified.trailers) == (data, trailers)


@ALGORITHMS
@given(st.integers(0, 2**16), st.integers(0, 255))
def test_any_changed_byte_is_refused(algorithm: str, position: int, byte: int) -> None:
    data = b"xyz" * 4000
    request = upload(data, algorithm=algorithm, trailers={"x-amz-checksum-crc32": checksum("crc32", data)})
    position %= len(request.body)
    body = bytearray(request.body)
    assume(body[position] != byte)
    body[position] = byte
    try:
        verified = attempt(replace(request, body=bytes(body)))
    except SignatureError:
        return
    # Only what is framing may differ: blanks, line ends, the case of digits, and padding.
    assert verified.body == data
    assert verified.trailers == {"x-amz-checksum-crc32": checksum("crc32", data)}


def test_chunks_are_chained() -> None:
    data = b"a" * KIB8 + b"b" * KIB8 + b"c" * KIB8
    request = upload(data)
    frame = len(f"2000;chunk-signature={'0' * 64}\r\n") + KIB8 + 2
    body = request.body
    first, second, rest = body[:frame], body[frame : 2 * frame], body[2 * frame :]
    assert first + second + rest == body
    for wrong in (second + first + rest, first + first + rest, second + rest, first + rest):
        changed = replace(request, body=wrong)
        assert refusal(changed).code in ("SignatureDoesNotMatch", "IncompleteBody")
    assert (
        refusal(replace(request, body=second + first + rest))
        .fields["StringToSign"]
        .startswith(f"AWS4-HMAC-SHA256-PAYLOAD\n{TIMESTAMP}\n")
    )


def test_bodies_that_are_cut_off_are_refused() -> None:
    request = upload(b"a" * 100)
    for length in range(len(request.body) - 4):
        assert refusal(replace(request, body=request.body[:length])).code in ("IncompleteBody", "SignatureDoesNotMatch")
    assert refusal(replace(request, body=request.body + b"more")).code == "MalformedTrailerError"


def test_small_chunks_must_be_last() -> None:
    error = refusal(upload(b"a" * 200, size=100))
    assert error.code == "InvalidChunkSizeError"
    assert error.message == "Only the last chunk is allowed to have a size less than 8192 bytes"


def test_unsigned_chunks_are_refused_where_signed_ones_are_due() -> None:
    request = upload(b"abc")
    assert refusal(replace(request, body=b"3\r\nabc\r\n0\r\n\r\n")).code == "SignatureDoesNotMatch"


def test_chunks_must_be_signed_in_the_requests_algorithm() -> None:
    signer = HmacSigner()
    payload = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
    headers = [("host", "a"), ("x-amz-content-sha256", payload), ("x-amz-date", TIMESTAMP)]
    request, _ = signer.request("PUT", "/b/k", headers, payload, b"0;chunk-signature=00\r\n\r\n")
    assert refusal(request).code == "InvalidRequest"


def test_the_decoded_length_must_be_announced_and_true() -> None:
    request = unsigned_upload(b"abc", {"x-amz-checksum-crc32": checksum("crc32", b"abc")})
    with pytest.raises(SignatureError) as caught:
        decode_chunked(request.body, {})
    assert caught.value.code == "MissingContentLength"
    with pytest.raises(SignatureError) as caught:
        decode_chunked(request.body, {**request.headers, "x-amz-decoded-content-length": "4"})
    assert caught.value.code == "IncompleteBody"


@pytest.mark.parametrize("name", ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"])
def test_unsigned_payloads_have_their_trailing_checksum_verified(name: str) -> None:
    data = b"hello world"
    good = {f"x-amz-checksum-{name}": checksum(name, data)}
    verified = attempt(unsigned_upload(data, good))
    assert (verified.body, verified.trailers, verified.payload_signed) == (data, good, False)
    assert decode_chunked(unsigned_upload(data, good).body, unsigned_upload(data, good).headers) == (data, good)
    wrong = refusal(unsigned_upload(data, {f"x-amz-checksum-{name}": checksum(name, b"other")}))
    assert wrong.code == "BadDigest"
    assert wrong.message == f"The {name.upper()} you specified did not match the calculated checksum."
    for text in ("", "!!!!", "AAA="):
        error = refusal(unsigned_upload(data, {f"x-amz-checksum-{name}": text}))
        assert error.message == f"Value for x-amz-checksum-{name} trailing header is invalid."


def test_trailers_must_be_the_announced_ones() -> None:
    crc = {"x-amz-checksum-crc32": checksum("crc32", b"abc")}
    for request in (
        unsigned_upload(b"abc", crc, announced="x-amz-checksum-sha1"),
        unsigned_upload(b"abc", crc, announced=""),
        unsigned_upload(b"abc", {}, announced="x-amz-checksum-crc32"),
        unsigned_upload(b"abc", {**crc, "x-amz-trailer-signature": "0" * 64}),
        unsigned_upload(b"abc", {**crc, "X-Amz-Checksum-CRC32": "AAAAAA=="}),
        unsigned_upload(b"abc", {"bad name": "x"}),
    ):
        assert refusal(request).code == "MalformedTrailerError"
    signed = upload(b"abc", trailers=crc)
    head, _, _ = signed.body.rpartition(b"x-amz-trailer-signature")
    assert refusal(replace(signed, body=head + b"\r\n")).code == "MalformedTrailerError"
    plain = upload(b"abc")
    assert refusal(replace(plain, body=plain.body[:-2] + b"x-amz-meta-a:1\r\n\r\n")).code == "MalformedTrailerError"


@given(st.binary(max_size=300))
def test_no_body_breaks_the_decoder(body: bytes) -> None:
    headers = {"x-amz-decoded-content-length": "3", "x-amz-trailer": ""}
    try:
        decoded, trailers = decode_chunked(body, headers)
    except SignatureError:
        return
    assert len(decoded) == 3
    assert not trailers


def test_the_checksum_is_that_of_zlib() -> None:
    assert checksum("crc32", b"abc") == b64encode(zlib.crc32(b"abc").to_bytes(4)).decode()
