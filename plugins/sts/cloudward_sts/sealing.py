"""Opaque, authenticated texts: session tokens, encoded authorization messages, trade-in tokens, context assertions.

A text is base64 of a version byte, a nonce and AES-256-GCM's output, whose additional data are the version and the
purpose, so that a text made for one purpose is refused for any other.  Every bit counts: the bytes are a multiple of
three, so that base64 has no padding whose unused bits could be changed.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from enum import Enum

from cloudward.api import random_bytes

VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_HEADER = 4
_OVERHEAD = len(VERSION) + _NONCE + _TAG + _HEADER
_COMPRESSED = 1 << 31
_WORTH_COMPRESSING = 512


class Purpose(Enum):
    """What a sealed text is for."""

    SESSION = b"session"
    AUTHORIZATION_MESSAGE = b"authorization message"
    TRADE_IN = b"trade-in"
    CONTEXT = b"context assertion"
    METADATA = b"instance metadata"


class ForgedText(ValueError):
    """A sealed text that was not made with this key for this purpose, or was changed."""


class Sealer:
    """Seals and opens texts with one key.

    Args:
        key: the key, 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        # Here, as the library weighs a tenth of an idle gateway, and many never seal a token.
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self._forged = InvalidTag

    def seal(self, purpose: Purpose, content: bytes, smallest: int = 0) -> str:
        """Seal a content.

        Args:
            purpose: what the text is for.
            content: the content.
            smallest: characters that the text must have at least.

        Returns:
            The text.
        """
        header = len(content)
        if len(content) > _WORTH_COMPRESSING:
            packed = zlib.compress(content, 6)
            if len(packed) < len(content):
                content, header = packed, len(packed) | _COMPRESSED
        size = max(len(content) + _OVERHEAD, -(-smallest * 3 // 4))
        size += -size % 3
        nonce = random_bytes(_NONCE)
        padded = header.to_bytes(_HEADER) + content.ljust(size - _OVERHEAD, b"\0")
        return b64encode(VERSION + nonce + self._cipher.encrypt(nonce, padded, VERSION + purpose.value)).decode()

    def open(self, purpose: Purpose, text: str) -> bytes:
        """Open a text.

        Args:
            purpose: what the text must be for.
            text: the text.

        Returns:
            Its content.

        Raises:
            ForgedText: it was not sealed with this key for this purpose, or was changed.
        """
        try:
            data = b64decode(text, validate=True)
        except (Base64Error, ValueError):
            raise ForgedText(purpose.name) from None
        if len(data) < _OVERHEAD or len(data) % 3 or data[:1] != VERSION or text[-1] == "=":
            raise ForgedText(purpose.name)
        try:
            padded = self._cipher.decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], VERSION + purpose.value)
        except self._forged:
            raise ForgedText(purpose.name) from None
        header = int.from_bytes(padded[:_HEADER])
        content = padded[_HEADER : _HEADER + (header & ~_COMPRESSED)]
        return zlib.decompress(content) if header & _COMPRESSED else content
