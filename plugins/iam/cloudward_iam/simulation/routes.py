"""`/_cloudward/simulate`: what `cloudward simulate` asks a running gateway."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import InternalRoute, json_response
from cloudward_iam.simulation.documents import UnusableDocument
from cloudward_iam.simulation.question import CannotAnswer, Question, answer_stored

if TYPE_CHECKING:
    from cloudward.api import App

PATH = "/_cloudward/simulate"


def routes(app: App) -> Iterable[InternalRoute]:
    """Return the route.

    Args:
        app: the gateway.
    """

    def simulate(request: Any) -> Any:
        try:
            question = msgspec.json.decode(request.get_data(), type=Question)
            return answer_stored(app, question)
        except msgspec.DecodeError as error:
            return json_response({"error": str(error)}, 400)
        except (CannotAnswer, UnusableDocument) as error:
            return json_response({"error": str(error)}, 404 if isinstance(error, CannotAnswer) else 400)

    return [InternalRoute(PATH, simulate, methods=("POST",))]
