"""Protocol codecs, compiled from service models: wire requests to values, values and faults to wire responses."""

from cloudward.protocols.base import Codec, Fault
from cloudward.protocols.registry import codec_for
from cloudward.protocols.wire import WireRequest, WireResponse

__all__ = ["Codec", "Fault", "WireRequest", "WireResponse", "codec_for"]
