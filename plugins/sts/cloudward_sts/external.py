"""Identities proved by somebody outside: an OpenID Connect or OAuth provider, or a SAML identity provider."""

from datetime import datetime

import msgspec

from cloudward.api import Caller


class ExternalIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified token or assertion says.

    Attributes:
        principal: what trust policies name as `Federated`: the provider's ARN, or a well-known provider's name.
        provider: the provider as the answer names it.
        audience: whom the token is for.
        subject: who it is about.
        context: condition keys for the trust policy, in lower case.
        session_context: condition keys that the role session keeps.
        tags: session tags.
        transitive_tag_keys: keys of those that pass on.
        source_identity: the source identity.
    """

    principal: str
    provider: str
    audience: str
    subject: str
    context: dict[str, str | tuple[str, ...]]
    session_context: dict[str, str | list[str]]
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None


class SamlIdentity(ExternalIdentity, frozen=True, kw_only=True):
    """What a verified SAML assertion says beyond that.

    Attributes:
        subject_type: the format of the subject's name.
        issuer: the identity provider's entity id.
        name_qualifier: the hash that makes the subject unique.
        session_name: the role session's name.
        session_duration: seconds that the assertion asks for.
        session_ends: when the session must be over, as the identity provider has it.
        roles: pairs of role ARN and provider ARN that the subject may use.
        assertion_id: the assertion's id.
        useless_after: when the assertion cannot be used any more.
    """

    subject_type: str
    issuer: str
    name_qualifier: str
    session_name: str
    session_duration: int | None
    session_ends: datetime | None
    roles: tuple[tuple[str, str], ...]
    assertion_id: str
    useless_after: datetime


class ExternalCaller(Caller, frozen=True, kw_only=True, omit_defaults=True):
    """The caller of AssumeRoleWithWebIdentity and AssumeRoleWithSAML.

    Attributes:
        identity: what was proved.
    """

    identity: ExternalIdentity
