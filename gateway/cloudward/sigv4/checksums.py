"""The checksums that S3 takes in trailing headers.

Sources: "Checking object integrity" (Amazon S3 User Guide); the Castagnoli polynomial of RFC 3720 for CRC-32C and the
NVM Express one for CRC-64/NVME, both reflected.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable

PREFIX = "x-amz-checksum-"


def _table(polynomial: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC32C = _table(0x82F63B78)
_CRC64NVME = _table(0x9A6C9329AC4BC9B5)


def _reflected(data: bytes, table: tuple[int, ...], mask: int) -> int:
    value = mask
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ mask


def crc32c(data: bytes) -> int:
    """Compute CRC-32C.

    Args:
        data: The bytes.

    Returns:
        The checksum.
    """
    return _reflected(data, _CRC32C, 0xFFFFFFFF)


def crc64nvme(data: bytes) -> int:
    """Compute CRC-64/NVME.

    Args:
        data: The bytes.

    Returns:
        The checksum.
    """
    return _reflected(data, _CRC64NVME, 0xFFFFFFFFFFFFFFFF)


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4),
    "crc32c": lambda data: crc32c(data).to_bytes(4),
    "crc64nvme": lambda data: crc64nvme(data).to_bytes(8),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}
"""By the name in the header ``x-amz-checksum-<name>``: bytes to the digest's bytes."""


def checksum(algorithm: str, data: bytes) -> str:
    """Compute a checksum as S3 writes it.

    Args:
        algorithm: A key of ALGORITHMS.
        data: The bytes.

    Returns:
        The digest in base64.
    """
    return b64encode(ALGORITHMS[algorithm](data)).decode()
