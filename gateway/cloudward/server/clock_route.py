"""`/_cloudward/clock`: show and move the time that everything inside the gateway sees.

Expiry of sessions, tokens and reports is tested by moving the clock instead of waiting.  Signatures are measured by the
machine's own time, so clients go on signing as they are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request

from cloudward.server.internal import InternalRoute, json_response

if TYPE_CHECKING:
    from cloudward.app import App

_FARTHEST = timedelta(days=366 * 50)


class ClockChange(msgspec.Struct, forbid_unknown_fields=True):
    """How the clock is to change; the fields take effect in this order.

    Attributes:
        reset: run with the machine's clock again.
        freeze: stop: at a time (RFC 3339), or with true at the time that it shows.
        move: go forward by seconds, or back by negative ones.
    """

    reset: bool = False
    freeze: datetime | bool = False
    move: float = 0


def clock_route(app: App) -> InternalRoute:
    """Return the route.

    Args:
        app: the gateway.
    """
    clock = app.clock

    def show() -> dict[str, Any]:
        now = clock.now()
        return {
            "now": now,
            "offset": round((now - clock.machine_now()).total_seconds(), 3),
            "frozen": clock.frozen,
        }

    def endpoint(request: Request) -> Any:
        if request.method == "GET":
            return show()
        if app.config.workers > 1:
            reason = "each of several processes has its own clock: start with one (workers = 1) to move it"
            return json_response({"error": reason}, 409)
        try:
            change = msgspec.json.decode(request.get_data() or b"{}", type=ClockChange)
            by = timedelta(seconds=change.move)
            at = change.freeze
            if isinstance(at, datetime):
                # A time without an offset is meant as UTC, as everywhere in AWS.
                at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            if abs(by) > _FARTHEST:
                raise ValueError("the clock moves by at most fifty years at a time")
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            return json_response({"error": str(error)}, 400)
        if change.reset:
            clock.reset()
        if at is not False:
            clock.freeze(clock.now() if at is True else at)
        if by:
            clock.move(by)
        return show()

    return InternalRoute("/_cloudward/clock", endpoint, methods=("GET", "POST"))
