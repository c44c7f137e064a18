"""The policy of a browser-based upload, evaluated.

Source: "POST Policy" (Amazon S3 API Reference); messages as S3 has answered.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudward.sigv4.errors import AccessDenied, EntityTooLarge, EntityTooSmall, InvalidArgument, InvalidPolicyDocument
from cloudward.sigv4.post_form import PostForm

_UNCOVERED = frozenset({"file", "policy", "x-amz-signature"})
"""Fields that need no condition. So do those that start with ``x-ignore-``."""
_EXACT_ONLY = frozenset(
    {
        "bucket",
        "success_action_status",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
    }
)
_LIST_FIELDS = frozenset({"content-type"})
"""Fields whose values, separated by commas, must all start as a starts-with condition says."""


def check_post_policy(form: PostForm, *, bucket: str, now: datetime) -> None:
    """Check an upload against its own policy, whose signature has been verified.

    Args:
        form: The upload.
        bucket: The bucket that it is sent to.
        now: The present.

    Raises:
        SignatureError: The policy is not well-formed, has expired, or does not allow the upload.
    """
    policy = _decode_policy(form.fields["policy"])
    if now >= _expiration(policy):
        raise AccessDenied("Invalid according to Policy: Policy expired.")
    conditions = policy.get("conditions")
    if not isinstance(conditions, list):
        raise InvalidPolicyDocument("Invalid Policy: Policy missing conditions.")
    if "key" not in form.fields:
        raise InvalidArgument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
            {"ArgumentName": "key", "ArgumentValue": ""},
        )
    fields = dict(form.fields)
    fields["key"] = fields["key"].replace("${filename}", form.file_name)
    # The upload goes to this bucket, whatever the form's field says.
    if fields.setdefault("bucket", bucket) != bucket:
        raise _failed(["eq", "$bucket", bucket])
    covered = {_check_condition(condition, fields, len(form.file)) for condition in conditions}
    for name in fields:
        if name not in covered and name not in _UNCOVERED and not name.startswith("x-ignore-"):
            raise AccessDenied(f"Invalid according to Policy: Extra input fields: {name}")


def _decode_policy(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.") from None
    if not isinstance(policy, dict):
        raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.")
    return policy


def _expiration(policy: Mapping[str, Any]) -> datetime:
    text = policy.get("expiration")
    if text is None:
        raise InvalidPolicyDocument("Invalid Policy: Policy missing expiration.")
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise InvalidPolicyDocument(f"Invalid Policy: Invalid 'expiration' value: '{text}'") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _failed(condition: list[Any]) -> AccessDenied:
    return AccessDenied(
        f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition, ensure_ascii=False)}"
    )


def _check_condition(condition: object, fields: Mapping[str, str], size: int) -> str | None:
    """Check one condition; the value is the name of the field that it covers, if it covers one."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            raise InvalidPolicyDocument(
                "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            )
        ((name, value),) = condition.items()
        condition = ["eq", f"${name}", value]
    if not isinstance(condition, list) or not condition:
        raise InvalidPolicyDocument("Invalid Policy: Invalid Condition: neither an object nor an array.")
    operator = condition[0].lower() if isinstance(condition[0], str) else ""
    if operator == "content-length-range":
        _check_size(condition, size)
        return None
    if len(condition) != 3 or operator not in ("eq", "starts-with"):
        raise _failed(condition)
    name, expected = condition[1:]
    if not (isinstance(name, str) and name.startswith("$") and isinstance(expected, str)):
        raise _failed(condition)
    field = name[1:].lower()
    value = fields.get(field)
    if operator == "eq":
        holds = value == expected
    elif value is None or field in _EXACT_ONLY or (field.startswith("x-amz-") and not field.startswith("x-amz-meta-")):
        holds = False
    else:
        values = [value]
        if field in _LIST_FIELDS:
            values = [part.strip() for part in values[0].split(",")]
        holds = all(part.startswith(expected) for part in values)
    if not holds:
        raise _failed(condition)
    return field


def _check_size(condition: list[Any], size: int) -> None:
    bounds = condition[1:]
    if len(bounds) != 2 or any(isinstance(bound, bool) or not isinstance(bound, int) for bound in bounds):
        raise _failed(condition)
    least, most = bounds
    if size > most:
        raise EntityTooLarge(
            "Your proposed upload exceeds the maximum allowed size",
            {"ProposedSize": str(size), "MaxSizeAllowed": str(most)},
        )
    if size < least:
        raise EntityTooSmall(
            "Your proposed upload is smaller than the minimum allowed size",
            {"ProposedSize": str(size), "MinSizeAllowed": str(least)},
        )
