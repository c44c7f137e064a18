"""`cloudward saml`: the gateway's own SAML identity provider."""

from __future__ import annotations

import sys

import click

from cloudward.commands import endpoint_option, fetch, stream
from cloudward_sts.commands.options import pairs, without_none


@click.group()
def saml() -> None:
    """The gateway's own SAML identity provider, for tests."""


@saml.command()
@endpoint_option
def metadata(endpoint: str) -> None:
    """Print the provider's metadata, for CreateSAMLProvider."""
    click.echo(b"".join(stream(endpoint, "/_cloudward/saml/metadata")), nl=False)


@saml.command(short_help="Print a signed response, base64.")
@endpoint_option
@click.option("--role", "role_arn", required=True, metavar="ARN", help="The role.")
@click.option("--provider", "provider_arn", required=True, metavar="ARN", help="The SAML provider as IAM has it.")
@click.option("--session-name", required=True, help="The role session's name.")
@click.option("--subject", help="The user. [default: the session's name]")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A session tag.")
@click.option("--transitive", "transitive", multiple=True, metavar="KEY", help="A session tag that passes on.")
@click.option("--source-identity", help="The source identity.")
@click.option("--session-duration", type=int, help="Seconds that the session is to last.")
@click.option("--lasts", type=int, default=300, show_default=True, help="Seconds that the response is valid.")
def response(
    endpoint: str,
    role_arn: str,
    provider_arn: str,
    session_name: str,
    subject: str | None,
    tags: tuple[str, ...],
    transitive: tuple[str, ...],
    source_identity: str | None,
    session_duration: int | None,
    lasts: int,
) -> None:
    """Print a signed response, base64 as AssumeRoleWithSAML takes it."""
    wanted = without_none(
        {
            "role_arn": role_arn,
            "provider_arn": provider_arn,
            "session_name": session_name,
            "subject": subject,
            "tags": pairs(tags, "--tag"),
            "transitive_tag_keys": list(transitive),
            "source_identity": source_identity,
            "session_duration": session_duration,
            "lasts": lasts,
        }
    )
    made = fetch(endpoint, "/_cloudward/saml/response", method="POST", body=wanted)
    click.echo(made["saml_response"], nl=sys.stdout.isatty())
