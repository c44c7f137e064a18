"""The request context: condition keys of a call, each computed when a policy first asks for it.

Source: IAM User Guide, "AWS global condition context keys"; docs/enforcement.md lists the keys that an emulator cannot
know, which are absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudward_iam.authorization.needs import ContextValues, lower_keys
from cloudward_policy import ContextValue, PrincipalKind

if TYPE_CHECKING:
    from cloudward.api import AuthorizationRequest, Caller
    from cloudward_iam.authorization.gathering import CallerPolicies
    from cloudward_iam.authorization.organizations import Organization

_PRINCIPAL_TAG = "aws:principaltag/"


class CallFacts:
    """What is known of a call, all its actions alike.  It keeps nothing of the request that may be large.

    Args:
        request: the call.
        caller: who is to be authorized.
        own: the caller's policies and tags.
        organization: the caller's organization.
    """

    __slots__ = ("caller", "headers", "now", "organization", "own", "region", "scheme", "session_keys", "source_ip")

    def __init__(
        self, request: AuthorizationRequest, caller: Caller, own: CallerPolicies, organization: Organization | None
    ) -> None:
        wire = request.wire
        self.caller = caller
        self.own = own
        self.organization = organization
        self.now = request.now
        self.region = request.scope.region
        self.headers = wire.headers
        self.scheme = wire.scheme
        self.source_ip = wire.remote_addr
        session = caller.session
        self.session_keys: ContextValues | None = (
            lower_keys(session.context) if session is not None and session.context else None
        )


class RequestContext(Mapping[str, ContextValue]):
    """The condition keys that hold for one action, by lower-case name.

    Args:
        facts: what is known of the call.
        values: keys that hold for the action, and of which nothing else is asked.
        resource_account: the account that owns the resource.
        resource_organization: that account's organization.

    Attributes:
        asked: whether any key was asked for so far.
    """

    __slots__ = ("_facts", "_values", "asked", "resource_account", "resource_organization")

    def __init__(
        self,
        facts: CallFacts,
        values: ContextValues,
        resource_account: str | None,
        resource_organization: Organization | None,
    ) -> None:
        self._facts = facts
        self._values = values
        self.asked = False
        self.resource_account = resource_account
        self.resource_organization = resource_organization

    def _find(self, key: str) -> ContextValue | None:
        self.asked = True
        values = self._values
        if key in values:
            return values[key]
        found = self._compute(key)
        values[key] = found
        return found

    def _compute(self, key: str) -> ContextValue | None:
        facts = self._facts
        compute = GLOBAL_KEYS.get(key)
        if compute is not None:
            found = compute(facts)
            if found is not None:
                return found
        elif key in RESOURCE_KEYS:
            return RESOURCE_KEYS[key](self)
        elif key.startswith(_PRINCIPAL_TAG):
            return facts.own.tags.get(key[len(_PRINCIPAL_TAG) :])
        return facts.session_keys.get(key) if facts.session_keys is not None else None

    def __getitem__(self, key: str) -> ContextValue:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: ContextValue | None = None) -> ContextValue | None:  # type: ignore[override]
        """Return a key's value, the default when the request does not have it.

        Args:
            key: the key's lower-case name.
            default: what to return otherwise.
        """
        found = self._find(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        facts = self._facts
        names = dict.fromkeys([*GLOBAL_KEYS, *RESOURCE_KEYS, *(facts.session_keys or ())])
        names |= dict.fromkeys(_PRINCIPAL_TAG + tag for tag in facts.own.tags)
        names |= dict.fromkeys(self._values)
        return (name for name in names if self._find(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def iso(time: datetime) -> str:
    """Return a time as condition keys have it.

    Args:
        time: the time.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _principal_arn(facts: CallFacts) -> str | None:
    principal = facts.own.principal
    return principal.role_arn or (facts.caller.arn if principal.account else None)


_PRINCIPAL_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ANONYMOUS: "Anonymous",
}
"""IAM User Guide, "Information available to all requests", table of principal values."""


def _user_id(facts: CallFacts) -> str | None:
    caller = facts.caller
    match caller.kind:
        case "root":
            return caller.account
        case "anonymous":
            return "anonymous"
        case "service" | "web-identity" | "saml":
            return None
        case _:
            return caller.user_id


def _mfa_time(facts: CallFacts) -> datetime | None:
    caller = facts.caller
    if caller.mfa_authenticated_at is not None:
        return caller.mfa_authenticated_at
    return caller.session.mfa_authenticated_at if caller.session is not None else None


def _mfa_present(facts: CallFacts) -> str | None:
    if _mfa_time(facts) is not None:
        return "true"
    # Absent, not false, with long-term credentials.
    return "false" if facts.caller.session is not None else None


def _mfa_age(facts: CallFacts) -> str | None:
    time = _mfa_time(facts)
    return None if time is None else str(max(0, int((facts.now - time).total_seconds())))


def _token_issue_time(facts: CallFacts) -> str | None:
    session = facts.caller.session
    return None if session is None else iso(session.issued_at)


def _source_identity(facts: CallFacts) -> str | None:
    session = facts.caller.session
    return None if session is None else session.source_identity


def _assumed_root(facts: CallFacts) -> str | None:
    session = facts.caller.session
    return "true" if session is not None and session.issuer == "AssumeRoot" else None


def _is_service(facts: CallFacts) -> bool:
    return facts.own.principal.kind is PrincipalKind.SERVICE


def _organization_id(organization: Organization | None) -> str | None:
    return None if organization is None else organization.source.organization_id


def _organization_paths(organization: Organization | None) -> tuple[str, ...] | None:
    return None if organization is None else (organization.source.path,)


GLOBAL_KEYS: Mapping[str, Callable[[CallFacts], ContextValue | None]] = {
    "aws:assumedroot": _assumed_root,
    "aws:currenttime": lambda facts: iso(facts.now),
    "aws:epochtime": lambda facts: str(int(facts.now.timestamp())),
    "aws:multifactorauthage": _mfa_age,
    "aws:multifactorauthpresent": _mfa_present,
    "aws:principalaccount": lambda facts: facts.own.principal.account or None,
    "aws:principalarn": _principal_arn,
    "aws:principalisawsservice": lambda facts: "true" if _is_service(facts) else "false",
    "aws:principalorgid": lambda facts: _organization_id(facts.organization),
    "aws:principalorgpaths": lambda facts: _organization_paths(facts.organization),
    "aws:principalservicename": lambda facts: facts.caller.arn if _is_service(facts) else None,
    "aws:principalservicenameslist": lambda facts: (facts.caller.arn,) if _is_service(facts) else None,
    "aws:principaltype": lambda facts: _PRINCIPAL_TYPES.get(facts.own.principal.kind),
    "aws:referer": lambda facts: facts.headers.get("referer"),
    "aws:requestedregion": lambda facts: facts.region or None,
    "aws:securetransport": lambda facts: "true" if facts.scheme == "https" else "false",
    "aws:sourceidentity": _source_identity,
    "aws:sourceip": lambda facts: facts.source_ip or None,
    "aws:tokenissuetime": _token_issue_time,
    "aws:useragent": lambda facts: facts.headers.get("user-agent"),
    "aws:userid": _user_id,
    "aws:username": lambda facts: facts.caller.user_name if facts.caller.kind == "user" else None,
    "aws:viaawsservice": lambda facts: "false",
}
"""The keys that the call itself answers; tags, and what sessions and providers bring, come beside them."""

RESOURCE_KEYS: Mapping[str, Callable[[RequestContext], ContextValue | None]] = {
    "aws:resourceaccount": lambda context: context.resource_account,
    "aws:resourceorgid": lambda context: _organization_id(context.resource_organization),
    "aws:resourceorgpaths": lambda context: _organization_paths(context.resource_organization),
}
"""The keys that the resource's owner answers."""
