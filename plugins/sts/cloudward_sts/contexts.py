"""Trusted context assertions: who stands behind a role session, as an identity service told STS.

AWS's IAM Identity Center gets such assertions from STS and hands them to applications, which pass them to AssumeRole
as `ProvidedContexts`; they are signed and encrypted by STS.  The gateway's own are sealed like session tokens, and made
by its route `/_cloudward/sts/context-assertion`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloudward_sts.errors import ValidationError
from cloudward_sts.sealing import ForgedText, Purpose

if TYPE_CHECKING:
    from cloudward.api import Transaction
    from cloudward_sts.runtime import StsRuntime

LIFE = timedelta(hours=1)


def make_context_assertion(
    runtime: StsRuntime, transaction: Transaction, provider_arn: str, claims: Mapping[str, str], now: datetime
) -> str:
    """Return an assertion.

    Args:
        runtime: seals it.
        transaction: reads the key.
        provider_arn: the context provider, `arn:aws:iam::aws:contextProvider/IdentityCenter`.
        claims: context keys with values, such as `identitystore:UserId`.
        now: the time; the assertion is good for an hour from then.
    """
    content = {"provider": provider_arn, "claims": dict(claims), "expires_at": now + LIFE}
    return runtime.encode(transaction, now, Purpose.CONTEXT, content)


def read_provided_contexts(
    runtime: StsRuntime, transaction: Transaction, contexts: Sequence[Mapping[str, str]], now: datetime
) -> dict[str, str | list[str]]:
    """Return the context keys that the assertions of a request carry.

    Args:
        runtime: opens them.
        transaction: reads the key.
        contexts: the request's `ProvidedContexts`.
        now: the time.

    Raises:
        ValidationError: an assertion was not made here, is for another provider, or is too old.
    """
    found: dict[str, str | list[str]] = {}
    for given in contexts:
        provider = given.get("ProviderArn", "")
        try:
            content: dict[str, Any] = runtime.decode(transaction, Purpose.CONTEXT, given.get("ContextAssertion", ""))
        except ForgedText:
            raise ValidationError.context_assertion(provider) from None
        if content["provider"] != provider or content["expires_at"] <= now:
            raise ValidationError.context_assertion(provider)
        found.update(content["claims"])
    return found
