"""Overlays: what AWS does and botocore's models do not say, laid over a model.

An overlay is a JSON file `<service>.overlay.json`, shipped in `specs/cloudward_specs/overlays/` or in a folder that a
plugin's hook `cloudward_spec_overlays` returns.  Beside it, `<service>.service-2.json` is a whole model in botocore's
format, of a service that botocore does not have or in place of botocore's.  An overlay reads::

    {
      "service": "iam",
      "source": "where the facts come from",
      "reason": "why the model needs them",
      "patch": {"shapes": {"userNameType": {"cloudward:patternMessage": "The specified value for {member} is ..."}}},
      "errors": {"CreateUser": ["SomeException"], "*": ["OtherException"]}
    }

`patch` is a JSON merge patch (RFC 7396) of the `service-2.json` document: objects are merged, `null` removes,
everything else replaces.  `errors` appends error shapes to operations, `*` to all of them, as a merge patch cannot
add to a list.
Traits of our own start with `cloudward:`:

- `cloudward:patternMessage` (string shapes): the message a value gets that breaks the shape's pattern, in place of the
  general one; `{member}` stands for the member's name as error messages write it (`userName`).
- `cloudward:maskValue` (true): error messages do not repeat the value.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

OVERLAY_SUFFIX = ".overlay.json"
MODEL_SUFFIX = ".service-2.json"


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes to a service model.

    Attributes:
        service: botocore's name of the service.
        source: where the facts come from.
        reason: why the model needs them.
        patch: a JSON merge patch of the model.
        errors: names of error shapes to append, by operation; `*` stands for every operation.
    """

    service: str
    source: str
    reason: str
    patch: dict[str, Any] = {}
    errors: dict[str, tuple[str, ...]] = {}

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a model with the changes; the given one stays as it is.

        Args:
            document: the parsed `service-2.json`.

        Raises:
            ValueError: `errors` names an operation or shape that the model does not have.
        """
        merged: dict[str, Any] = merge_patch(document, self.patch)
        if not self.errors:
            return merged
        operations = dict(merged["operations"])
        for operation, shapes in self.errors.items():
            missing = [shape for shape in shapes if shape not in merged["shapes"]]
            if missing or (operation != "*" and operation not in operations):
                what = f"shape {missing[0]}" if missing else f"operation {operation}"
                raise ValueError(f"overlay of {self.service} ({self.source}): the model has no {what}")
            for name in list(operations) if operation == "*" else [operation]:
                known = [error["shape"] for error in operations[name].get("errors", ())]
                added = [{"shape": shape} for shape in shapes if shape not in known]
                operations[name] = {**operations[name], "errors": [*operations[name].get("errors", ()), *added]}
        merged["operations"] = operations
        return merged


def read_overlay(data: bytes) -> Overlay:
    """Return the overlay of a file.

    Args:
        data: the file's content.

    Raises:
        msgspec.DecodeError: it is no overlay.
    """
    return msgspec.json.decode(data, type=Overlay)


def read_folders(folders: Iterable[Path]) -> tuple[list[Overlay], dict[str, dict[str, Any]]]:
    """Return the overlays and the whole models, by service, of some folders.

    Args:
        folders: the folders.

    Raises:
        ValueError: a folder or file cannot be read; the message names it.
    """
    overlays: list[Overlay] = []
    models: dict[str, dict[str, Any]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder}: no folder")
        for path in sorted(folder.iterdir()):
            try:
                if path.name.endswith(OVERLAY_SUFFIX):
                    overlays.append(_named(read_overlay(path.read_bytes()), path))
                elif path.name.endswith(MODEL_SUFFIX):
                    models[path.name.removesuffix(MODEL_SUFFIX)] = _read_model(path.read_bytes())
            except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
                raise ValueError(f"{path}: {error}") from error
    return overlays, models


def _named(overlay: Overlay, path: Path) -> Overlay:
    if overlay.service != path.name.removesuffix(OVERLAY_SUFFIX):
        raise ValueError(f"the file's name and its service {overlay.service} differ")
    return overlay


def _read_model(data: bytes) -> dict[str, Any]:
    document = msgspec.json.decode(data, type=dict[str, Any])
    for part, keys in (("metadata", ("apiVersion", "endpointPrefix", "protocol")), ("operations", ()), ("shapes", ())):
        content = document.get(part)
        if not isinstance(content, dict):
            raise ValueError(f"a service model needs an object {part}")
        missing = [key for key in keys if key not in content]
        if missing:
            raise ValueError(f"{part} lacks {', '.join(missing)}")
    return document


def shipped_overlays(service: str) -> list[Overlay]:
    """Return the overlays that cloudward ships for a service.

    Args:
        service: a service name of the index.
    """
    try:
        data = resources.files("cloudward_specs").joinpath("overlays", f"{service}{OVERLAY_SUFFIX}").read_bytes()
    except FileNotFoundError:
        return []
    return [read_overlay(data)]


def merge_patch(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied (RFC 7396); neither argument is changed.

    Args:
        target: the value.
        patch: the patch.
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def overlay_digest_source(overlays: Iterable[Overlay]) -> bytes:
    """Return what a cache key must cover of some overlays.

    Args:
        overlays: the overlays, in the order in which they are applied.
    """
    return b"\n".join(msgspec.json.encode(overlay, order="deterministic") for overlay in overlays)
