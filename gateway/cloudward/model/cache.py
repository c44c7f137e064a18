"""A cache of service models without their documentation, packed.

Reading a model from botocore's compressed JSON takes about 27 ms, from the cache 1 to 2.  Entries are keyed by
botocore's version and everything that is laid over the model, so that none is ever out of date; old ones can be deleted
at any time.  An entry that cannot be read is made again, a directory that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

FORMAT = 1
"""Raised when the content of entries changes."""


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Return the directory for caches: `CLOUDWARD_CACHE_DIR`, or `cloudward` in the user's cache directory.

    Args:
        environ: the environment variables.
    """
    if chosen := environ.get("CLOUDWARD_CACHE_DIR"):
        return Path(chosen)
    if home := environ.get("XDG_CACHE_HOME"):
        return Path(home) / "cloudward"
    if local := environ.get("LOCALAPPDATA"):
        return Path(local) / "cloudward" / "cache"
    return Path(os.path.expanduser("~")) / ".cache" / "cloudward"


class FileCache:
    """Reads and writes entries below a directory.

    Args:
        directory: the directory; it is made when the first entry is written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, key: str) -> bytes | None:
        """Return an entry; None when there is none that can be read.

        Args:
            key: a relative path.
        """
        try:
            return (self._directory / key).read_bytes()
        except OSError:
            return None

    def write(self, key: str, data: bytes) -> None:
        """Write an entry whole or not at all; failures are of no consequence and pass in silence.

        Args:
            key: a relative path.
            data: the content.
        """
        target = self._directory / key
        temporary = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
                temporary = file.name
                file.write(data)
            os.replace(temporary, target)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)


def pack(document: Mapping[str, Any]) -> bytes:
    """Return a model as a cache entry.

    Args:
        document: the model, stripped.
    """
    return msgspec.msgpack.encode(document)


def unpack(data: bytes) -> dict[str, Any] | None:
    """Return the model of a cache entry; None when the entry is damaged.

    Args:
        data: the entry.
    """
    try:
        document = msgspec.msgpack.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    whole = all(isinstance(document.get(part), dict) for part in ("metadata", "operations", "shapes"))
    return document if whole else None


def strip(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model without documentation and examples.

    Args:
        document: the parsed `service-2.json`.
    """
    stripped = _bare(document)
    stripped.pop("examples", None)
    stripped["operations"] = {name: _strip_operation(raw) for name, raw in document["operations"].items()}
    stripped["shapes"] = {name: _strip_shape(raw) for name, raw in document["shapes"].items()}
    return stripped


def _strip_operation(raw: Mapping[str, Any]) -> dict[str, Any]:
    operation = _bare(raw)
    for part in ("input", "output"):
        if part in operation:
            operation[part] = _bare(operation[part])
    if "errors" in operation:
        operation["errors"] = [_bare(error) for error in operation["errors"]]
    return operation


def _strip_shape(raw: Mapping[str, Any]) -> dict[str, Any]:
    # Only where documentation is a trait: members may be called so, too.
    shape = _bare(raw)
    for part in ("member", "key", "value"):
        if part in shape:
            shape[part] = _bare(shape[part])
    if "members" in shape:
        shape["members"] = {name: _bare(ref) for name, ref in shape["members"].items()}
    return shape


def _bare(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in ("documentation", "documentationUrl")}
