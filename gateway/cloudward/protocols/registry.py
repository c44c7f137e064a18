"""Which codec speaks which protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cloudward.protocols.cbor import CborCodec
from cloudward.protocols.json_rpc import JsonCodec
from cloudward.protocols.query import Ec2Codec, QueryCodec
from cloudward.protocols.rest_json import RestJsonCodec
from cloudward.protocols.rest_xml import RestXmlCodec

if TYPE_CHECKING:
    from cloudward.model import ServiceModel
    from cloudward.protocols.base import Codec

CODECS: Mapping[str, Callable[[ServiceModel], Codec]] = {
    "query": QueryCodec,
    "json": JsonCodec,
    "rest-json": RestJsonCodec,
    "rest-xml": RestXmlCodec,
    "smithy-rpc-v2-cbor": CborCodec,
    "ec2": Ec2Codec,
}
"""What makes a service's codec, by protocol."""


def make_codec(service: ServiceModel, protocol: str) -> Codec:
    """Return a new codec of a service; it compiles as it is used, so keep it.

    Args:
        service: the service.
        protocol: one of the service's protocols.

    Raises:
        KeyError: the service does not speak the protocol.
    """
    if protocol not in service.protocols:
        raise KeyError(protocol)
    return CODECS[protocol](service)
