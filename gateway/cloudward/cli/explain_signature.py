"""`cloudward explain signature`: where a client's signature and the gateway's part ways."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import click

from cloudward.cli.endpoint import endpoint_option, fetch

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command(short_help="Show what a client signed beside what it should have.")
@click.argument("request_id", required=False)
@click.option("--request", "request_file", type=_FILE, help="A saved HTTP request instead of one refused lately.")
@click.option(
    "--client",
    "client_file",
    type=_FILE,
    help="What the client signed: its debug log, canonical request or string to sign.",
)
@click.option("--secret", help="Secret access key to compute with; then no gateway is asked (with --request).")
@click.option("--service", help="Signing name of the service; by default the one that the request was signed for.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@endpoint_option
def signature(
    request_id: str | None,
    request_file: Path | None,
    client_file: Path | None,
    secret: str | None,
    service: str | None,
    form: str,
    endpoint: str,
) -> None:
    """Show the difference between what a client signed and what the gateway computed.

    Without arguments it takes the request that was refused last; REQUEST_ID is the one in a refusal's answer.
    """
    if request_id is not None and request_file is not None:
        raise click.UsageError("Give a request id or a saved request, not both.")
    if request_file is None and (secret is not None or service is not None):
        raise click.UsageError("--secret and --service go with --request.")
    signed_text = _signed_text(client_file) if client_file is not None else None
    if request_file is not None and secret is not None:
        report = _offline(_read(request_file), secret, service, signed_text)
    else:
        question = {
            "request_id": request_id,
            "request": base64.b64encode(_read(request_file)).decode() if request_file is not None else None,
            "service": service,
            "signed_text": signed_text,
        }
        report = fetch(endpoint, "/_cloudward/explain/signature", method="POST", body=question)
    if form == "json":
        click.echo(json.dumps(report, indent=2))
        return
    if report.get("request_id"):
        click.echo(f"Request {report['request_id']}")
    click.echo(report["text"])


def _offline(data: bytes, secret: str, service: str | None, signed_text: str | None) -> dict[str, Any]:
    from cloudward.errors import ConfigError
    from cloudward.server.signature_route import Unexplained, explain, read_signature
    from cloudward.sigv4 import service_rules
    from cloudward.sigv4.raw_request import parse_raw_request

    rules = service_rules(service) if service else None
    try:
        request = parse_raw_request(data)
        return explain(request, read_signature(request, rules), secret, signed_text, rules)
    except (Unexplained, ValueError) as error:
        raise ConfigError(str(error)) from None


def _signed_text(path: Path) -> str:
    from cloudward.errors import ConfigError
    from cloudward.sigv4.raw_request import find_signed_text

    text = find_signed_text(_read(path).decode("utf-8", "replace"))
    if text is None:
        raise ConfigError(f"{path}: neither a canonical request nor a string to sign is in it")
    return text


def _read(path: Path) -> bytes:
    with click.open_file(str(path), "rb") as stream:
        return bytes(stream.read())
