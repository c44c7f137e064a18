"""The service catalogue: which services there are, and their models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import resources
from typing import Any

import botocore

from cloudward.model.index import ServiceEntry, ServiceIndex, entry_of, read_index
from cloudward.model.shapes import ServiceModel


class Catalogue:
    """Finds and loads service models; each is read once.

    Args:
        extra: models that botocore does not have, by service name, as parsed `service-2.json` documents.
    """

    def __init__(self, extra: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._extra = dict(extra or {})
        self._models: dict[str, ServiceModel] = {}

    def services(self) -> Iterable[str]:
        """Return the names of all services, sorted."""
        if self.index.version == botocore.__version__:
            return sorted(self.index.entries)
        return sorted({*self._loader.list_available_services("service-2"), *self._extra})

    @cached_property
    def index(self) -> ServiceIndex:
        """What tells services apart: the shipped index, with the services that plugins bring."""
        shipped = read_index(resources.files("cloudward_specs").joinpath("service_index.json").read_bytes())
        return shipped.with_entries(self._extra_entries())

    def refresh_index(self) -> bool:
        """Read the index from the models if botocore is not the version that the shipped one was made from.

        It takes seconds, so it is only done when a request names something that the shipped index does not know.

        Returns:
            Whether the index is another one now.
        """
        if self.index.version == botocore.__version__:
            return False
        entries = {
            name: entry_of(self._loader.load_service_model(name, "service-2"))
            for name in self._loader.list_available_services("service-2")
        }
        merged = {name: _with_rules(entry, self.index.entries.get(name)) for name, entry in entries.items()}
        self.__dict__["index"] = ServiceIndex(botocore.__version__, {**merged, **self._extra_entries()})
        return True

    def service(self, name: str) -> ServiceModel:
        """Return a service's model.

        Args:
            name: botocore's name for the service.

        Raises:
            KeyError: no such service.
        """
        model = self._models.get(name)
        if model is None:
            document = self._extra.get(name)
            if document is None:
                document = self._load(name)
            model = self._models[name] = ServiceModel(name, document)
        return model

    def _load(self, name: str) -> Mapping[str, Any]:
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
