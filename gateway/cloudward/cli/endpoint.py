"""Commands that talk to a running gateway."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click

from cloudward.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"


def endpoint_option(function: F) -> F:
    """Give a command the option `--endpoint`.

    Args:
        function: the command's function.
    """
    return click.option(
        "--endpoint",
        envvar=["CLOUDWARD_ENDPOINT", "AWS_ENDPOINT_URL"],
        default=DEFAULT_ENDPOINT,
        show_default=True,
        help="The gateway's address.",
    )(function)


def fetch(endpoint: str, path: str, *, method: str = "GET", body: object = None, timeout: float = 30) -> Any:
    """Return what an internal route of a running gateway answers, JSON decoded.

    Args:
        endpoint: the gateway's address.
        path: the route with its query.
        method: the HTTP method.
        body: what to send as JSON; None sends nothing.
        timeout: seconds to wait.

    Raises:
        ConfigError: no gateway answers there, or it refuses.
    """
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigError(f"{endpoint!r} is no address of a gateway: it must begin with http:// or https://")
    data = json.dumps(body).encode() if body is not None else None
    request = Request(  # noqa: S310 - checked above
        endpoint.rstrip("/") + path, data, {"content-type": "application/json"} if data else {}, method=method
    )
    try:
        with urlopen(request, timeout=timeout) as answer:  # noqa: S310 - checked above
            text = answer.read()
    except HTTPError as error:
        raise ConfigError(_reason(error)) from None
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise ConfigError(f"no gateway answers at {endpoint}: {getattr(reason, 'strerror', None) or reason}") from None
    return json.loads(text) if text else None


def _reason(error: HTTPError) -> str:
    try:
        answer = json.loads(error.read())
        return str(answer.get("error") or answer.get("message") or answer)
    except ValueError:
        return f"the gateway answered {error.code} {error.reason}"


def default_endpoint() -> str:
    """Return the address that commands use when none is given."""
    return os.environ.get("CLOUDWARD_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT
