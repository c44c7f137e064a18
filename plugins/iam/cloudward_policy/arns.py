"""The parts of an ARN."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cloudward_policy.globs import Matcher, Token, Wildcard, compile_fields, compile_tokens

ARN_FIELDS = 6
PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*"}
)
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
ACCOUNT_ID = re.compile(r"[0-9]{12}")


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`; the resource may itself hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def mask_variables(text: str) -> str:
    """Replace the colons inside of `${…}` so that only the ARN's own are left."""
    return _VARIABLE.sub(lambda match: match.group().replace(":", "."), text) if "${" in text else text


def split_arn(text: str) -> Arn | None:
    """Split an ARN; None when it is not one or lacks fields."""
    parts = text.split(":", ARN_FIELDS - 1)
    if len(parts) != ARN_FIELDS or parts[0] != "arn":
        return None
    return Arn(*parts[1:])


def complete_arn(text: str) -> str:
    """Complete an ARN that lacks fields with `*`, as IAM does in identity-based policies."""
    missing = ARN_FIELDS - 1 - text.count(":")
    return text + ":*" * missing if missing > 0 and text.startswith("arn:") else text


def split_tokens(tokens: Sequence[Token]) -> list[list[Token]] | None:
    """Split a tokenized ARN pattern at its first five colons; None when it lacks fields or the `arn` at its start."""
    fields: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            fields[-1].append(token)
            continue
        pieces = token.split(":", ARN_FIELDS - len(fields))
        for index, piece in enumerate(pieces):
            if index:
                fields.append([])
            if piece:
                fields[-1].append(piece)
    return fields if len(fields) == ARN_FIELDS and fields[0] == ["arn"] else None


def compile_arn_tokens(tokens: Sequence[Token]) -> Matcher | None:
    """Compile an ARN pattern of a condition; None when it is no ARN pattern.

    Each of the six fields is matched on its own (IAM User Guide, "ARN condition operators").  A lone `*` matches every
    ARN.
    """
    if list(tokens) == [Wildcard.ANY_TEXT]:
        return lambda text: split_arn(text) is not None
    fields = split_tokens(tokens)
    if fields is None:
        return None
    if all(isinstance(token, str) for field in fields[:-1] for token in field):
        # Literal fields pin the colons down, so the pattern may be matched as one text.
        return compile_tokens(tokens)
    matchers = [compile_tokens(field) for field in fields]

    def matches(text: str) -> bool:
        parts = text.split(":", ARN_FIELDS - 1)
        return len(parts) == ARN_FIELDS and all(matcher(part) for matcher, part in zip(matchers, parts, strict=True))

    return matches


def compile_resource_tokens(tokens: Sequence[Token]) -> Matcher | None:
    """Compile a value of a Resource element; None when it is neither `*` nor an ARN pattern.

    Wildcards stay within their field, but a `*` at the end of a field may match beyond the colon (IAM User Guide,
    "Using wildcards in resource ARNs").  The last field is matched as one text, whatever colons it has.
    """
    if list(tokens) == [Wildcard.ANY_TEXT]:
        return compile_tokens(tokens)
    fields = split_tokens(tokens)
    if fields is None:
        return None
    bound: list[Token] = []
    confined = False
    for field in fields[:-1]:
        for index, token in enumerate(field):
            if token is Wildcard.ANY_CHARACTER:
                bound.append(Wildcard.CHARACTER_IN_FIELD)
                confined = True
            elif token is Wildcard.ANY_TEXT and index < len(field) - 1:
                bound.append(Wildcard.TEXT_IN_FIELD)
                confined = True
            else:
                bound.append(token)
        bound.append(":")
    return compile_fields([*bound, *fields[-1]]) if confined else compile_tokens(tokens)
