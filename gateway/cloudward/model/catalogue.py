"""The service catalogue: which services there are, and their models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.loaders import Loader, UnknownServiceError

from cloudward.model.shapes import ServiceModel


class Catalogue:
    """Finds and loads service models; each is read once.

    Args:
        extra: models that botocore does not have, by service name, as parsed `service-2.json` documents.
    """

    def __init__(self, extra: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._loader = Loader()
        self._extra = dict(extra or {})
        self._models: dict[str, ServiceModel] = {}

    def services(self) -> Iterable[str]:
        """Return the names of all services, sorted."""
        return sorted({*self._loader.list_available_services("service-2"), *self._extra})

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
                try:
                    document = self._loader.load_service_model(name, "service-2")
                except UnknownServiceError:
                    raise KeyError(name) from None
            model = self._models[name] = ServiceModel(name, document)
        return model
