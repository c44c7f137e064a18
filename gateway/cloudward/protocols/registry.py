"""Which codec speaks which protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward.model import ServiceModel
    from cloudward.protocols.base import Codec

CODECS: Mapping[str, tuple[str, str]] = {
    "query": ("cloudward.protocols.query", "QueryCodec"),
    "ec2": ("cloudward.protocols.query", "Ec2Codec"),
    "json": ("cloudward.protocols.json_rpc", "JsonCodec"),
    "rest-json": ("cloudward.protocols.rest_json", "RestJsonCodec"),
    "rest-xml": ("cloudward.protocols.rest_xml", "RestXmlCodec"),
    "smithy-rpc-v2-cbor": ("cloudward.protocols.cbor", "CborCodec"),
}
"""The module and class of each protocol's codec; a gateway that serves query alone never loads the others."""


def codec_for(service: ServiceModel, protocol: str) -> Codec:
    """Return a new codec of a service; it compiles as it is used, so keep it.

    Args:
        service: the service.
        protocol: one of the service's protocols.

    Raises:
        KeyError: the service does not speak the protocol.
    """
    if protocol not in service.protocols:
        raise KeyError(protocol)
    module, name = CODECS[protocol]
    make: Callable[[ServiceModel], Codec] = getattr(import_module(module), name)
    return make(service)
