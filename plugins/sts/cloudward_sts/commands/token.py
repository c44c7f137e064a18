"""`cloudward token`: a web identity token from one of the gateway's issuers."""

from __future__ import annotations

import json
import sys

import click

from cloudward.commands import endpoint_option, fetch
from cloudward_sts.commands.options import json_values, pairs, without_none


@click.command(short_help="Print a signed web identity token.")
@endpoint_option
@click.option("--issuer", help="The issuer's URL, https://…; any will do. [default: the preset's or the gateway's own]")
@click.option("--sub", "--subject", "subject", help="Whom the token is about.")
@click.option("--aud", "--audience", "audiences", multiple=True, help="Whom it is for; may be given several times.")
@click.option("--preset", type=click.Choice(["github-actions", "eks"]), help="Whose tokens it is to be like.")
@click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="What a preset fills in: repository, ref, environment …; namespace, service_account, cluster …",
)
@click.option("--claim", "claims", multiple=True, metavar="NAME=VALUE", help="A further claim; JSON is taken as such.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A session tag.")
@click.option("--transitive", "transitive", multiple=True, metavar="KEY", help="A session tag that passes on.")
@click.option("--source-identity", help="The source identity.")
@click.option("--lasts", type=int, help="Seconds until it expires; negative for one that has.")
@click.option("--algorithm", default="RS256", show_default=True, help="What it is signed with.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
def token(
    endpoint: str,
    issuer: str | None,
    subject: str | None,
    audiences: tuple[str, ...],
    preset: str | None,
    parameters: tuple[str, ...],
    claims: tuple[str, ...],
    tags: tuple[str, ...],
    transitive: tuple[str, ...],
    source_identity: str | None,
    lasts: int | None,
    algorithm: str,
    form: str,
) -> None:
    """Print a signed web identity token, for AssumeRoleWithWebIdentity or any verifier."""
    wanted = without_none(
        {
            "issuer": issuer,
            "subject": subject,
            "audience": (audiences[0] if len(audiences) == 1 else list(audiences)) if audiences else None,
            "preset": preset,
            "parameters": pairs(parameters, "--set"),
            "claims": json_values(pairs(claims, "--claim")),
            "tags": pairs(tags, "--tag"),
            "transitive_tag_keys": list(transitive),
            "source_identity": source_identity,
            "lasts": lasts,
            "algorithm": algorithm,
        }
    )
    made = fetch(endpoint, "/_cloudward/oidc/token", method="POST", body=wanted)
    if form == "json":
        click.echo(json.dumps(made, indent=2))
    else:
        # A file that the token goes to must hold the token and nothing else.
        click.echo(made["token"], nl=sys.stdout.isatty())
