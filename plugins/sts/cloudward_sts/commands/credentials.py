"""`cloudward credentials`: what an application needs to run as a role."""

from __future__ import annotations

import json
import shlex

import click

from cloudward.commands import endpoint_option, fetch


@click.command()
@endpoint_option
@click.option("--role", "role_arn", required=True, metavar="ARN", help="The role.")
@click.option(
    "--as",
    "way",
    type=click.Choice(["env", "process", "imds", "container"]),
    default="env",
    show_default=True,
    help="Where the application looks: environment, credential_process, instance metadata, container endpoint.",
)
@click.option("--name", default="default", show_default=True, help="The instance or container, to have several.")
@click.option("--session-name", default="cloudward", show_default=True, help="The session's name; env and process.")
@click.option("--lasts", type=int, default=3600, show_default=True, help="Seconds; env and process.")
@click.option(
    "--region",
    envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
    default="us-east-1",
    show_default=True,
    help="The application's region.",
)
def credentials(endpoint: str, role_arn: str, way: str, name: str, session_name: str, lasts: int, region: str) -> None:
    """Print what makes an unmodified application run as a role.

    Shell exports for `eval`, or with `--as process` what a profile's credential_process answers.
    """
    wanted = {
        "role_arn": role_arn,
        "way": way,
        "name": name,
        "session_name": session_name,
        "lasts": lasts,
        "region": region,
    }
    made = fetch(endpoint, "/_cloudward/credentials", method="POST", body=wanted)
    if way == "process":
        click.echo(json.dumps(made["process"]))
        return
    for variable, value in made["environment"].items():
        click.echo(f"export {variable}={shlex.quote(value)}")
