"""Bodies in the content encoding ``aws-chunked``: their framing, chunk signatures and trailing headers.

Sources: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" and "Signature
calculations for trailing headers" (Amazon S3 API Reference).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple

from cloudward.sigv4.checksums import ALGORITHMS, PREFIX, checksum
from cloudward.sigv4.errors import (
    BadDigest,
    IncompleteBody,
    InvalidChunkSizeError,
    InvalidRequest,
    MalformedTrailerError,
    MissingContentLength,
    SignatureDoesNotMatch,
)
from cloudward.sigv4.faults import S3Faults
from cloudward.sigv4.keys import SigningKey, signs
from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.signature import ECDSA, EMPTY_SHA256, HMAC, Signature


class Streaming(NamedTuple):
    """What a value of ``x-amz-content-sha256`` says of an aws-chunked body.

    Attributes:
        algorithm: The algorithm that the chunks are signed with; None for unsigned chunks.
        trailer: Whether trailing headers follow.
    """

    algorithm: str | None
    trailer: bool

    @property
    def signed(self) -> bool:
        """Whether every chunk is signed."""
        return self.algorithm is not None


STREAMING = {
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": Streaming(None, trailer=True),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Streaming(HMAC, trailer=False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Streaming(HMAC, trailer=True),
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD": Streaming(ECDSA, trailer=False),
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER": Streaming(ECDSA, trailer=True),
}
_SIGNATURE_TRAILER = "x-amz-trailer-signature"
_SMALLEST_CHUNK = 8192
_LONGEST_LINE = 1024
_LONGEST_TRAILER = 16 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([0-9A-Fa-f]+\**))?\r\n")
_TRAILER = re.compile(rb"([!#-'*+.0-9A-Z^-z|~-]+):([^\r\n]*)")
_CUT_OFF = "The request body terminated unexpectedly"
_MALFORMED_TRAILER = (
    "The request contained trailing data that was not well-formed or did not conform to our published schema."
)

OnChunk = Callable[[memoryview, str], None]


def decode_chunked(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """Decode an aws-chunked body without looking at its signatures.

    Time and memory are linear in the body's length.

    Args:
        body: The body as received.
        headers: The request's headers; ``x-amz-decoded-content-length`` and ``x-amz-trailer`` must hold true.

    Returns:
        The decoded body and the trailing headers (lower-case names), whose checksums hold.

    Raises:
        SignatureError: The framing, the length, the trailers or a checksum is wrong.
    """
    decoded, block = _decode(body, headers, None)
    trailers = _parse_trailers(block)
    trailers.pop(_SIGNATURE_TRAILER, None)
    _check_trailers(decoded, trailers, headers)
    return decoded, trailers


def verify_chunks(
    request: SignedRequest, signature: Signature, key: SigningKey, payload: str
) -> tuple[bytes, dict[str, str]]:
    """Decode an aws-chunked body and verify each chunk's signature, which chains to the one before.

    Args:
        request: The request.
        signature: The request's signature, already verified: the chain's seed.
        key: The key that it was verified with.
        payload: The value of ``x-amz-content-sha256``, one of STREAMING.

    Returns:
        The decoded body and the trailing headers (lower-case names), whose checksums hold.

    Raises:
        SignatureError: A signature, the framing, the length, the trailers or a checksum is wrong.
    """
    streaming = STREAMING[payload]
    if not streaming.signed:
        decoded, block = _decode(request.body, request.headers, None)
        trailers = _parse_trailers(block)
        if _SIGNATURE_TRAILER in trailers:
            raise MalformedTrailerError(_MALFORMED_TRAILER)
        _check_trailers(decoded, trailers, request.headers)
        return decoded, trailers
    if streaming.algorithm != signature.algorithm:
        # The chunks must not be signed in another, perhaps weaker, way than the request says.
        raise InvalidRequest(f"The value of x-amz-content-sha256 does not fit the algorithm {signature.algorithm}.")
    chain = _Chain(signature, key)
    decoded, block = _decode(request.body, request.headers, chain.chunk)
    trailers = _parse_trailers(block)
    if streaming.trailer:
        chain.trailer(trailers)
    elif trailers:
        raise MalformedTrailerError(_MALFORMED_TRAILER)
    _check_trailers(decoded, trailers, request.headers)
    return decoded, trailers


class _Chain:
    """The signatures of a body's chunks: each is over the chunk and the signature before."""

    __slots__ = ("_key", "_previous", "_signature")

    def __init__(self, seed: Signature, key: SigningKey) -> None:
        self._signature = seed
        self._key = key
        self._previous = seed.signature

    def chunk(self, data: memoryview, signature: str) -> None:
        self._link("PAYLOAD", f"{EMPTY_SHA256}\n{sha256(data).hexdigest()}", signature)

    def trailer(self, trailers: dict[str, str]) -> None:
        """Verify the trailing headers' signature, and take it out of them."""
        signature = trailers.pop(_SIGNATURE_TRAILER, None)
        if signature is None:
            raise MalformedTrailerError(_MALFORMED_TRAILER)
        canonical = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        self._link("TRAILER", sha256(canonical.encode("latin-1")).hexdigest(), signature)

    def _link(self, kind: str, content: str, signature: str) -> None:
        seed = self._signature
        text = f"{seed.algorithm}-{kind}\n{seed.timestamp}\n{seed.scope}\n{self._previous}\n{content}"
        # ECDSA signatures differ in length; chunks have theirs padded so that the body's length is known beforehand.
        bare = signature.rstrip("*") if seed.algorithm == ECDSA else signature
        if not signs(self._key, bare, text.encode(errors="replace")):
            raise S3Faults.mismatch(seed._replace(signature=signature), None, text)
        self._previous = bare


def _decode(body: bytes, headers: Mapping[str, str], on_chunk: OnChunk | None) -> tuple[bytes, bytes]:
    """Undo the framing; the second value is what follows the last chunk's line."""
    announced = headers.get("x-amz-decoded-content-length")
    if announced is None or not (announced.isascii() and announced.isdigit() and len(announced) < 20):
        raise MissingContentLength("You must provide the Content-Length HTTP header.")
    view = memoryview(body)
    pieces: list[memoryview] = []
    position = total = 0
    size = _SMALLEST_CHUNK
    while True:
        match = _CHUNK.match(body, position, position + _LONGEST_LINE)
        if match is None:
            raise IncompleteBody(_CUT_OFF)
        previous, size = size, int(match[1], 16)
        if on_chunk is not None:
            if match[2] is None:
                raise SignatureDoesNotMatch("A chunk of the request body is not signed.")
            if size and previous < _SMALLEST_CHUNK:
                raise InvalidChunkSizeError(
                    "Only the last chunk is allowed to have a size less than 8192 bytes",
                    {"Chunk": str(len(pieces)), "BadChunkSize": str(previous)},
                )
        start = match.end()
        end = start + size
        if end > len(body):
            raise IncompleteBody(_CUT_OFF)
        data = view[start:end]
        if on_chunk is not None:
            on_chunk(data, match[2].decode())
        if not size:
            break
        if body[end : end + 2] != b"\r\n":
            raise IncompleteBody(_CUT_OFF)
        pieces.append(data)
        total += size
        position = end + 2
    if total != int(announced):
        raise IncompleteBody("You did not provide the number of bytes specified by the Content-Length HTTP header")
    if len(body) - start > _LONGEST_TRAILER:
        raise MalformedTrailerError(_MALFORMED_TRAILER)
    return b"".join(pieces), body[start:]


def _parse_trailers(block: bytes) -> dict[str, str]:
    """Read the lines after the last chunk; they end with an empty line or with the body."""
    trailers: dict[str, str] = {}
    lines = block.replace(b"\r\n", b"\n").split(b"\n")
    for number, line in enumerate(lines):
        if not line:
            if any(lines[number:]):
                raise MalformedTrailerError(_MALFORMED_TRAILER)
            break
        match = _TRAILER.fullmatch(line)
        if match is None:
            raise MalformedTrailerError(_MALFORMED_TRAILER)
        name = match[1].decode().lower()
        if name in trailers:
            raise MalformedTrailerError(_MALFORMED_TRAILER)
        trailers[name] = match[2].decode("latin-1").strip(" \t")
    return trailers


def _check_trailers(decoded: bytes, trailers: dict[str, str], headers: Mapping[str, str]) -> None:
    announced = {name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip()}
    if announced != trailers.keys():
        raise MalformedTrailerError(_MALFORMED_TRAILER)
    for name, value in trailers.items():
        algorithm = name.removeprefix(PREFIX)
        if algorithm == name or algorithm not in ALGORITHMS:
            continue
        try:
            length = len(b64decode(value, validate=True))
        except ValueError:
            length = -1
        if length != len(ALGORITHMS[algorithm](b"")):
            raise InvalidRequest(f"Value for {name} trailing header is invalid.")
        if checksum(algorithm, decoded) != value:
            raise BadDigest(f"The {algorithm.upper()} you specified did not match the calculated checksum.")
