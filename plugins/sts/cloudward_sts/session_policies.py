"""Session policies and session tags: what may be given, and how much room it takes.

Sources: STS API Reference, "AssumeRole"; IAM User Guide, "Pass session tags in AWS STS" and "IAM and AWS STS quotas".
AWS does not tell how it packs; the room is set so that what people report as refused is refused here, with AWS's
percentages where they are known: nine tags of 252 characters are 498 percent.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward_policy import DocumentKind, MalformedPolicy, check_document
from cloudward_sts.errors import InvalidParameterValue, MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError

if TYPE_CHECKING:
    from cloudward.api import Session

MOST_TEXT = 2048
MOST_POLICY_ARNS = 10
MOST_TAGS = 50
_POLICY_ROOM = 1024
_TAG_ROOM = 459
_TAG_OVERHEAD = 2
_POLICY_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(aws|[0-9]{12}):policy/[\x21-\x7e]+").fullmatch


class SessionPolicies(NamedTuple):
    """What bounds a session.

    Attributes:
        policies: inline policies, as JSON text.
        policy_arns: managed policies.
    """

    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()


class SessionTags(NamedTuple):
    """A session's tags.

    Attributes:
        tags: keys and values, those inherited first.
        transitive: keys of those that pass on.
        given: how many at the end of `tags` the request itself gave.
    """

    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    given: int = 0


def check_policies(
    policy: str | None, policy_arns: Sequence[Mapping[str, Any]], *, partition: str, account: str
) -> SessionPolicies:
    """Check the session policies of a request.

    Args:
        policy: the inline policy, None for none.
        policy_arns: the request's `PolicyArns`.
        partition: the session's partition.
        account: the session's account, whose managed policies may be named beside AWS's own.

    Returns:
        The policies.

    Raises:
        ValidationError: too long, too many, or no ARN of such a policy.
        MalformedPolicyDocument: the policy is refused; the message is AWS's.
    """
    arns = tuple(str(item.get("arn", "")) for item in policy_arns)
    if len(arns) > MOST_POLICY_ARNS:
        raise ValidationError.policy_arns_length(f"[{', '.join(arns)}]")
    for arn in arns:
        match = _POLICY_ARN(arn)
        if match is None or match[1] != partition or match[2] not in ("aws", account):
            raise ValidationError.arn(arn)
    if policy is None:
        return SessionPolicies((), arns)
    if len(policy) > MOST_TEXT:
        raise ValidationError.policy_length(policy)
    try:
        check_document(policy, DocumentKind.SESSION)
    except MalformedPolicy as error:
        raise MalformedPolicyDocument(str(error)) from None
    return SessionPolicies((policy,), arns)


def check_tags(
    tags: Sequence[Mapping[str, str]], transitive_tag_keys: Sequence[str], calling: Session | None
) -> SessionTags:
    """Check the session tags of a request and put those before them that the calling session passes on.

    Args:
        tags: the request's `Tags`.
        transitive_tag_keys: the request's `TransitiveTagKeys`.
        calling: the session that makes the request, None for long-term credentials.

    Returns:
        The new session's tags.

    Raises:
        InvalidParameterValue: tags that AWS refuses.
    """
    given = {tag["Key"].lower(): (tag["Key"], tag["Value"]) for tag in tags}
    if len(given) != len(tags):
        raise InvalidParameterValue.duplicate_tags()
    for key, value in given.values():
        if key.lower().startswith("aws:"):
            raise InvalidParameterValue.reserved_tag(key)
        if value.lower().startswith("aws:"):
            raise InvalidParameterValue.reserved_tag(value)
    if any(key.lower() not in given for key in transitive_tag_keys):
        raise InvalidParameterValue.transitive_without_tag()
    inherited: tuple[tuple[str, str], ...] = ()
    if calling is not None:
        passed_on = {key.lower() for key in calling.transitive_tag_keys}
        if not passed_on.isdisjoint(given):
            raise InvalidParameterValue.transitive_conflict()
        inherited = tuple(tag for tag in calling.tags if tag[0].lower() in passed_on)
    if len(inherited) + len(given) > MOST_TAGS:
        raise InvalidParameterValue.too_many_tags()
    keys = {key.lower() for key in transitive_tag_keys}
    transitive = tuple(key for key, _ in inherited) + tuple(key for key, _ in given.values() if key.lower() in keys)
    return SessionTags((*inherited, *given.values()), transitive, len(given))


def packed_size(policies: SessionPolicies, tags: SessionTags) -> int | None:
    """Return how much of the room policies and tags take together, None when there are none.

    Args:
        policies: the session policies.
        tags: the session tags; inherited ones count.

    Returns:
        Percent, rounded up.

    Raises:
        PackedPolicyTooLarge: more than there is.
    """
    if not (policies.policies or policies.policy_arns or tags.tags):
        return None
    text = "".join((*policies.policies, *policies.policy_arns)).encode()
    of_policies = 100 * len(zlib.compress(text, 9, wbits=-15)) / _POLICY_ROOM if text else 0.0
    of_tags = 100 * sum(len(key) + len(value) + _TAG_OVERHEAD for key, value in tags.tags) / _TAG_ROOM
    percent = max(1, int(of_policies + of_tags + 0.5))
    if percent > 100:
        raise (PackedPolicyTooLarge.policy if text else PackedPolicyTooLarge.tags)(percent)
    return percent
