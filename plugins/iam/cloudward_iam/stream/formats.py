"""Policies in the forms that people keep them in: JSON, Terraform, CloudFormation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = "least_privilege"


def as_json(summary: Mapping[str, Any]) -> str:
    """Return the identity-based policy as JSON.

    Args:
        summary: `identity` and `resources`.
    """
    return json.dumps(summary["identity"], indent=2)


def as_terraform(summary: Mapping[str, Any]) -> str:
    """Return the policies as Terraform policy documents.

    Args:
        summary: `identity` and `resources`.
    """
    lines = [
        *_document(_NAME, summary["identity"]),
        "",
        f'resource "aws_iam_policy" "{_NAME}" {{',
        '  name   = "least-privilege"',
        f"  policy = data.aws_iam_policy_document.{_NAME}.json",
        "}",
    ]
    for arn, document in summary["resources"].items():
        lines += ["", f"# To attach to {arn}", *_document(_label(arn), document)]
    return "\n".join(lines)


def as_cloudformation(summary: Mapping[str, Any]) -> str:
    """Return the policies as a CloudFormation template in JSON.

    CloudFormation attaches resource-based policies through resources of many types; they stand in the metadata.

    Args:
        summary: `identity` and `resources`.
    """
    resource: dict[str, Any] = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": summary["identity"]},
    }
    if summary["resources"]:
        resource["Metadata"] = {"ResourcePolicies": summary["resources"]}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"LeastPrivilege": resource}}, indent=2)


FORMATS = {"json": as_json, "terraform": as_terraform, "cloudformation": as_cloudformation}
"""What writes a summary, by the format's name."""


def _label(arn: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", arn.split(":", 5)[-1]).strip("_") or "resource"


def _document(name: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield f'data "aws_iam_policy_document" "{name}" {{'
    for number, statement in enumerate(document["Statement"]):
        if number:
            yield ""
        yield "  statement {"
        yield f"    effect    = {_text(statement['Effect'])}"
        yield from _list("actions", statement["Action"])
        if "Resource" in statement:
            yield from _list("resources", statement["Resource"])
        if "Principal" in statement:
            yield from _principals(statement["Principal"])
        yield from _conditions(statement.get("Condition", {}))
        yield "  }"
    yield "}"


def _principals(principal: str | Mapping[str, Any]) -> Iterator[str]:
    entries = {"*": "*"} if isinstance(principal, str) else principal
    for kind, identifiers in entries.items():
        yield ""
        yield "    principals {"
        yield f"      type        = {_text(kind)}"
        values = identifiers if isinstance(identifiers, list) else [identifiers]
        yield f"      identifiers = [{', '.join(map(_text, values))}]"
        yield "    }"


def _conditions(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for operator, keys in conditions.items():
        for key, value in keys.items():
            yield ""
            yield "    condition {"
            yield f"      test     = {_text(operator)}"
            yield f"      variable = {_text(key)}"
            values = value if isinstance(value, list) else [value]
            yield f"      values   = [{', '.join(map(_text, values))}]"
            yield "    }"


def _list(name: str, values: str | list[str]) -> Iterator[str]:
    listed = values if isinstance(values, list) else [values]
    if len(listed) == 1:
        yield f"    {name:<9} = [{_text(listed[0])}]"
        return
    yield f"    {name:<9} = ["
    for value in listed:
        yield f"      {_text(value)},"
    yield "    ]"


def _text(value: str) -> str:
    """A text as HCL has it, where `${` and `%{` begin templates."""
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
