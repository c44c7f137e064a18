"""`/_cloudward/browser`: the resource browser and what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cloudward.api import InternalRoute, html_response
from cloudward_iam.browser.contents import account, accounts

if TYPE_CHECKING:
    from cloudward.api import App

PATH = "/_cloudward/browser"


def routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
    """

    def page(request: Any) -> Any:
        return html_response(files("cloudward_iam.browser").joinpath("page.html").read_text("utf-8"))

    def listing(request: Any) -> Any:
        return {"accounts": accounts(app), "enforcement": app.enforcement.in_words}

    def one(request: Any, partition: str, number: str) -> Any:
        return account(app, partition, number)

    return [
        InternalRoute(PATH, page),
        InternalRoute(f"{PATH}/accounts", listing),
        InternalRoute(f"{PATH}/accounts/<partition>/<number>", one),
    ]
