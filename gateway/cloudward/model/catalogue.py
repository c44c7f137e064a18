"""The service catalogue: which services there are, and their models."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Self

import botocore
import msgspec

from cloudward.model.cache import FORMAT, FileCache, default_cache_dir, pack, strip, unpack
from cloudward.model.index import IndexDocument, ServiceEntry, ServiceIndex, entry_of, read_index
from cloudward.model.overlays import Overlay, overlay_digest_source, read_folders, shipped_overlays
from cloudward.model.shapes import ServiceModel


class Catalogue:
    """Finds and loads service models; each is read once.

    Args:
        extra: models that botocore does not have, by service name, as parsed `service-2.json` documents.  One with
            the name of a botocore service takes its place.
        overlays: changes to models that plugins bring; they are applied in order, after the shipped ones.
        cache_dir: where stripped models are kept; None stands for `CLOUDWARD_CACHE_DIR` or the user's cache directory.
    """

    def __init__(
        self,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
        overlays: Iterable[Overlay] = (),
        cache_dir: Path | None = None,
    ) -> None:
        self._extra = dict(extra or {})
        self._overlays = tuple(overlays)
        self._cache = FileCache(cache_dir if cache_dir is not None else default_cache_dir(os.environ))
        self._models: dict[str, ServiceModel] = {}

    @classmethod
    def with_overlays(cls, folders: Iterable[Path], cache_dir: Path | None = None) -> Self:
        """Return a catalogue with the models and overlays of some folders (`cloudward.model.overlays` has the format).

        Args:
            folders: the folders; later ones win.
            cache_dir: where stripped models are kept; None stands for the default.

        Raises:
            ValueError: a folder or file cannot be read; the message names it.
        """
        overlays, extra = read_folders(folders)
        return cls(extra, overlays, cache_dir)

    @property
    def own_models(self) -> Mapping[str, Mapping[str, Any]]:
        """The models that plugins brought, by service name."""
        return self._extra

    def services(self) -> Iterable[str]:
        """Return the names of all services, sorted."""
        if self.index.version == botocore.__version__:
            return sorted(self.index.entries)
        return sorted({*self._loader.list_available_services("service-2"), *self._extra})

    @cached_property
    def index(self) -> ServiceIndex:
        """What tells services apart: the shipped index, with the services that plugins bring."""
        index = read_index(resources.files("cloudward_specs").joinpath("service_index.json").read_bytes())
        if index.version != botocore.__version__:
            index = self._cached_index() or index
        return index.with_entries(self._extra_entries())

    def refresh_index(self) -> bool:
        """Read the index from the models if botocore is not the version that the index was made from.

        It takes seconds, so it is only done when a request names something that the shipped index does not know; the
        result is kept in the cache.

        Returns:
            Whether the index is another one now.
        """
        if self.index.version == botocore.__version__:
            return False
        entries = {}
        for name in self._loader.list_available_services("service-2"):
            entry = entry_of(self._loader.load_service_model(name, "service-2"))
            entries[name] = _with_rules(entry, self.index.entries.get(name))
        document = IndexDocument("botocore service models", botocore.__version__, entries)
        self._cache.write(_index_key(), msgspec.json.encode(document))
        self.__dict__["index"] = ServiceIndex(document.version, {**entries, **self._extra_entries()})
        return True

    def _cached_index(self) -> ServiceIndex | None:
        data = self._cache.read(_index_key())
        if data is None:
            return None
        try:
            index = read_index(data)
        except msgspec.DecodeError:
            return None
        return index if index.version == botocore.__version__ else None

    def service(self, name: str) -> ServiceModel:
        """Return a service's model.

        Args:
            name: botocore's name for the service.

        Raises:
            KeyError: no such service.
        """
        model = self._models.get(name)
        if model is None:
            model = self._models[name] = ServiceModel(name, self._document(name))
        return model

    def _document(self, name: str) -> Mapping[str, Any]:
        overlays = [overlay for overlay in self._overlays if overlay.service == name]
        if name in self._extra:
            return _overlaid(self._extra[name], overlays)
        if name not in self.index.entries:
            return _overlaid(strip(self._read(name)), overlays)
        overlays = [*shipped_overlays(name), *overlays]
        if _has_own_models():  # the user's own versions of models, which the key does not cover
            return _overlaid(strip(self._read(name)), overlays)
        digest = hashlib.sha256(overlay_digest_source(overlays)).hexdigest()[:16]
        key = f"models-{FORMAT}/{botocore.__version__}/{name}-{digest}.msgpack"
        data = self._cache.read(key)
        document = unpack(data) if data is not None else None
        if document is None:
            document = _overlaid(strip(self._read(name)), overlays)
            self._cache.write(key, pack(document))
        return document

    def _read(self, name: str) -> Mapping[str, Any]:
        from botocore.loaders import UnknownServiceError

        try:
            document: Mapping[str, Any] = self._loader.load_service_model(name, "service-2")
        except UnknownServiceError:
            raise KeyError(name) from None
        return document

    @cached_property
    def _loader(self) -> Any:
        # Importing botocore's loader takes longer than reading several cached models, so it waits until it is needed.
        from botocore.loaders import Loader

        return Loader()

    def _extra_entries(self) -> dict[str, ServiceEntry]:
        return {name: entry_of(document) for name, document in self._extra.items()}


def _overlaid(document: Mapping[str, Any], overlays: Iterable[Overlay]) -> dict[str, Any]:
    result = dict(document)
    for overlay in overlays:
        result = overlay.apply(result)
    return result


def _index_key() -> str:
    return f"index-{FORMAT}-{botocore.__version__}.json"


def _has_own_models() -> bool:
    """Tell whether the user has given botocore models of their own."""
    return bool(os.environ.get("AWS_DATA_PATH")) or os.path.isdir(os.path.expanduser("~/.aws/models"))


def _with_rules(entry: ServiceEntry, shipped: ServiceEntry | None) -> ServiceEntry:
    """Return an entry read from a model with what the endpoint rules told the shipped one."""
    if shipped is None:
        return entry
    return ServiceEntry(
        id=entry.id,
        prefix=entry.prefix,
        signing=tuple(dict.fromkeys((*entry.signing, *shipped.signing))),
        protocols=entry.protocols,
        version=entry.version,
        target=entry.target,
        hosts=tuple(sorted({*entry.hosts, *shipped.hosts} - {entry.prefix})),
        actions=entry.actions or (shipped.actions if entry.target == shipped.target else ""),
        anonymous=entry.anonymous,
    )
