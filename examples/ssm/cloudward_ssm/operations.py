"""Parameter Store's operations.

Behaviour from the Systems Manager API Reference and "Working with Parameter Store" of its user guide.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudward.api import Context, operation
from cloudward_ssm.errors import (
    HierarchyLevelLimitExceeded,
    InvalidAllowedPattern,
    InvalidFilterKey,
    InvalidFilterOption,
    InvalidNextToken,
    ParameterAlreadyExists,
    ParameterNotFound,
    ParameterPatternMismatch,
    ParameterVersionNotFound,
    ValidationException,
)
from cloudward_ssm.state import SsmState, Version

Ctx = Context[SsmState]

MOST_LEVELS = 15
MOST_VERSIONS = 100
MOST_CHARACTERS = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_NAME = re.compile(r"/?[A-Za-z0-9_.\-]+(/[A-Za-z0-9_.\-]+)*")


@operation("PutParameter")
def put_parameter(
    ctx: Ctx,
    *,
    name: str,
    value: str,
    type: str | None = None,  # noqa: A002 - the member's name
    description: str | None = None,
    key_id: str | None = None,
    overwrite: bool = False,
    allowed_pattern: str | None = None,
    tags: Iterable[Mapping[str, str]] = (),
    tier: str = "Standard",
    data_type: str = "text",
) -> dict[str, Any]:
    """Create a parameter, or a new version of one."""
    _check_name(name)
    before = ctx.state.latest.get(name)
    if before is not None and not overwrite:
        raise ParameterAlreadyExists.name()
    if before is None and type is None:
        raise ValidationException.missing_type()
    if overwrite and tags:
        raise ValidationException.overwrite_tags()
    if len(value) > MOST_CHARACTERS[tier]:
        raise ValidationException.too_long(MOST_CHARACTERS[tier])
    _check_pattern(allowed_pattern, value)
    kind = type or (before.type if before is not None else "String")
    version = Version(
        name=name,
        version=before.version + 1 if before is not None else 1,
        type=kind,
        value=value,
        arn=f"arn:{ctx.partition}:ssm:{ctx.region}:{ctx.account}:parameter/{name.removeprefix('/')}",
        last_modified_date=ctx.now,
        last_modified_user=ctx.caller.arn,
        data_type=data_type,
        tier=tier,
        description=description,
        allowed_pattern=allowed_pattern,
        key_id=(key_id or "alias/aws/ssm") if kind == "SecureString" else None,
        tags=before.tags if before is not None else {tag["Key"]: tag["Value"] for tag in tags},
    )
    ctx.state.latest.put(version)
    ctx.state.versions.add(version)
    _forget_oldest(ctx, version)
    return {"Version": version.version, "Tier": tier}


@operation("GetParameter")
def get_parameter(ctx: Ctx, *, name: str, with_decryption: bool = False) -> dict[str, Any]:
    """Return a parameter; `name:3` asks for its third version."""
    version, selector = _select(ctx, name)
    return {"Parameter": _shown(version, with_decryption, selector)}


@operation("GetParameters")
def get_parameters(ctx: Ctx, *, names: list[str], with_decryption: bool = False) -> dict[str, Any]:
    """Return several parameters, and the names of those that are not there."""
    found, missing = [], []
    for name in dict.fromkeys(names):
        try:
            version, selector = _select(ctx, name)
        except (ParameterNotFound, ParameterVersionNotFound):
            missing.append(name)
        else:
            found.append(_shown(version, with_decryption, selector))
    return {"Parameters": found, "InvalidParameters": missing}


@operation("GetParametersByPath")
def get_parameters_by_path(
    ctx: Ctx,
    *,
    path: str,
    recursive: bool = False,
    parameter_filters: Iterable[Mapping[str, Any]] = (),
    with_decryption: bool = False,
    max_results: int = 10,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Return the parameters of one level of a hierarchy, or of all levels below."""
    if not path.startswith("/"):
        raise ValidationException.path()
    below = path.rstrip("/") + "/"
    wanted = _filters(parameter_filters, _PATH_FILTERS)

    def matches(version: Version) -> bool:
        return (recursive or "/" not in version.name[len(below) :]) and all(test(version) for test in wanted)

    page = ctx.state.latest.page(after=_after(next_token), limit=max_results, prefix=below, where=matches)
    shown = [_shown(version, with_decryption, None) for version in page.items]
    return {"Parameters": shown, "NextToken": _token(page.next)}


@operation("DescribeParameters")
def describe_parameters(
    ctx: Ctx,
    *,
    filters: Iterable[Mapping[str, Any]] = (),
    parameter_filters: Iterable[Mapping[str, Any]] = (),
    max_results: int = 50,
    next_token: str | None = None,
    shared: bool = False,
) -> dict[str, Any]:
    """Describe parameters without their values.  No account shares any, so `Shared` finds none."""
    plain = [{"Key": old["Key"], "Option": "BeginsWith", "Values": old["Values"]} for old in filters]
    wanted = _filters([*plain, *parameter_filters], _FILTERS)

    def matches(version: Version) -> bool:
        return not shared and all(test(version) for test in wanted)

    page = ctx.state.latest.page(after=_after(next_token), limit=max_results, where=matches)
    return {"Parameters": [_described(version) for version in page.items], "NextToken": _token(page.next)}


@operation("GetParameterHistory")
def get_parameter_history(
    ctx: Ctx,
    *,
    name: str,
    with_decryption: bool = False,
    max_results: int = 50,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Return the versions of a parameter, the oldest first."""
    if name not in ctx.state.latest:
        raise ParameterNotFound.any()
    after = _after(next_token)
    page = ctx.state.versions.page(
        after=(name, int(after)) if after is not None else None, limit=max_results, prefix=(name,)
    )
    shown = [{**_described(version), "Value": _value(version, with_decryption)} for version in page.items]
    return {"Parameters": shown, "NextToken": _token(str(page.items[-1].version) if page.next is not None else None)}


@operation("DeleteParameter")
def delete_parameter(ctx: Ctx, *, name: str) -> None:
    """Delete a parameter with all its versions."""
    if not _delete(ctx, name):
        raise ParameterNotFound.any()


@operation("DeleteParameters")
def delete_parameters(ctx: Ctx, *, names: list[str]) -> dict[str, Any]:
    """Delete several parameters."""
    deleted, missing = [], []
    for name in dict.fromkeys(names):
        (deleted if _delete(ctx, name) else missing).append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": missing}


def _delete(ctx: Ctx, name: str) -> bool:
    if name not in ctx.state.latest:
        return False
    ctx.state.latest.remove(name)
    for version in list(ctx.state.versions.range((name,))):
        ctx.state.versions.remove((name, version.version))
    return True


def _forget_oldest(ctx: Ctx, newest: Version) -> None:
    """Keep the last hundred versions, as Parameter Store does."""
    oldest = (newest.name, newest.version - MOST_VERSIONS)
    if oldest in ctx.state.versions:
        ctx.state.versions.remove(oldest)


def _select(ctx: Ctx, name: str) -> tuple[Version, str | None]:
    """Return the version that a name means, and the selector in it."""
    plain = name.rpartition(":parameter")[2] if name.startswith("arn:") else name
    plain, _, selector = plain.partition(":")
    found = ctx.state.latest.get(plain) or ctx.state.latest.get(plain.removeprefix("/"))
    if found is None:
        raise ParameterNotFound.any()
    if not selector:
        return found, None
    version = ctx.state.versions.get((found.name, int(selector))) if selector.isdecimal() else None
    if version is None:
        raise ParameterVersionNotFound.version(selector, found.name)
    return version, f":{selector}"


def _shown(version: Version, decrypted: bool, selector: str | None) -> dict[str, Any]:
    return {
        "Name": version.name,
        "Type": version.type,
        "Value": _value(version, decrypted),
        "Version": version.version,
        "Selector": selector,
        "LastModifiedDate": version.last_modified_date,
        "ARN": version.arn,
        "DataType": version.data_type,
    }


def _described(version: Version) -> dict[str, Any]:
    return {
        "Name": version.name,
        "Type": version.type,
        "KeyId": version.key_id,
        "LastModifiedDate": version.last_modified_date,
        "LastModifiedUser": version.last_modified_user,
        "Description": version.description,
        "AllowedPattern": version.allowed_pattern,
        "Version": version.version,
        "Tier": version.tier,
        "DataType": version.data_type,
    }


def _value(version: Version, decrypted: bool) -> str:
    """Return the value, scrambled for whoever did not ask to have a secure one decrypted."""
    if version.type != "SecureString" or decrypted:
        return version.value
    return base64.b64encode(f"kms:{version.key_id}:{version.value}".encode()).decode()


def _check_name(name: str) -> None:
    folded = name.lstrip("/").lower()
    if folded.startswith(("aws", "ssm")):
        raise ValidationException.reserved()
    if "/" in name and not name.startswith("/"):
        raise ValidationException.slash()
    if not _NAME.fullmatch(name):
        raise ValidationException.name()
    if name.count("/") > MOST_LEVELS:
        raise HierarchyLevelLimitExceeded.name(name)


def _check_pattern(pattern: str | None, value: str) -> None:
    if not pattern:
        return
    try:
        matches = re.fullmatch(pattern, value)
    except re.error:
        raise InvalidAllowedPattern.pattern(pattern) from None
    if matches is None:
        raise ParameterPatternMismatch.value(pattern)


_FILTERS: Mapping[str, Callable[[Version], str]] = {
    "Name": lambda version: version.name,
    "Type": lambda version: version.type,
    "KeyId": lambda version: version.key_id or "",
    "Path": lambda version: version.name.rpartition("/")[0] or "/",
    "Tier": lambda version: version.tier,
    "DataType": lambda version: version.data_type,
}
_PATH_FILTERS = {key: _FILTERS[key] for key in ("Type", "KeyId")}

_OPTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda actual, wanted: actual == wanted,
    "BeginsWith": lambda actual, wanted: actual.startswith(wanted),
    "Contains": lambda actual, wanted: wanted in actual,
    "OneLevel": lambda actual, wanted: actual == (wanted.rstrip("/") or "/"),
    "Recursive": lambda actual, wanted: f"{actual}/".startswith(f"{wanted.rstrip('/')}/"),
}


def _filters(
    given: Iterable[Mapping[str, Any]], known: Mapping[str, Callable[[Version], str]]
) -> list[Callable[[Version], bool]]:
    return [_filter(entry["Key"], entry.get("Option"), entry.get("Values", ()), known) for entry in given]


def _filter(
    key: str, option: str | None, values: Iterable[str], known: Mapping[str, Callable[[Version], str]]
) -> Callable[[Version], bool]:
    if key.startswith("tag:"):
        wanted = set(values)
        return lambda version: version.tags.get(key[4:]) in wanted if wanted else key[4:] in version.tags
    if key not in known:
        raise InvalidFilterKey.key(key, ", ".join(sorted(known)))
    option = option or ("OneLevel" if key == "Path" else "Equals")
    if option not in _OPTIONS:
        raise InvalidFilterOption.option(option, ", ".join(sorted(_OPTIONS)))
    read, compare, choices = known[key], _OPTIONS[option], tuple(values)
    return lambda version: any(compare(read(version), choice) for choice in choices)


def _token(key: Any) -> str | None:
    return base64.urlsafe_b64encode(str(key).encode()).decode() if key is not None else None


def _after(token: str | None) -> str | None:
    if token is None:
        return None
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise InvalidNextToken.token() from None
