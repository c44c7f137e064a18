"""DecodeAuthorizationMessage: why a call was denied, for those who may know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import operation
from cloudward_sts.errors import InvalidAuthorizationMessage
from cloudward_sts.sealing import ForgedText, Purpose

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState


@operation("DecodeAuthorizationMessage")
def decode_authorization_message(ctx: Context[StsState], *, encoded_message: str) -> dict[str, Any]:
    """Decode a message that this gateway encoded for a caller of the same account."""
    try:
        content = ctx.runtime.decode(ctx.transaction, Purpose.AUTHORIZATION_MESSAGE, encoded_message)
    except ForgedText:
        raise InvalidAuthorizationMessage.invalid() from None
    if content["account"] != ctx.account:
        raise InvalidAuthorizationMessage.invalid()
    return {"DecodedMessage": msgspec.json.encode(content["document"]).decode()}
