"""From a SAML response to an identity.

Sources: STS API Reference, "AssumeRoleWithSAML"; IAM User Guide, "Configure SAML assertions for the authentication
response", "Pass session tags in AWS STS", "Troubleshoot SAML federation"; OASIS SAML 2.0 profiles, section 4.1.4.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from cloudward_sts.external import SamlIdentity
from cloudward_sts.federation_errors import ExpiredToken, IDPRejectedClaim, InvalidIdentityToken
from cloudward_sts.saml import attributes as known
from cloudward_sts.saml.documents import (
    ASSERTION,
    BEARER,
    NAME_ID_FORMAT,
    PROTOCOL,
    SUCCESS,
    attribute_values,
    child,
    children,
    parse,
    text_of,
    time_of,
)
from cloudward_sts.saml.encryption import decrypted
from cloudward_sts.saml.signatures import is_signed, verified

if TYPE_CHECKING:
    from cloudward.api import App, Transaction

REDEEMABLE = timedelta(minutes=5)
"""How long after its issue an assertion can be used."""

SKEW = timedelta(minutes=1)
"""How far the identity provider's clock may run ahead."""

_ENDPOINT = re.compile(
    r"https://(?:[a-z0-9-]+\.)?signin\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)/saml(?:/acs/[A-Za-z0-9]+)?"
).fullmatch
_AUDIENCES = re.compile(r"urn:amazon:webservices(?::[a-z0-9-]+)?").fullmatch
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch
_PRINCIPAL_TAG = "PrincipalTag:"
_SHORTEST, _LONGEST = 900, 43200
_CONDITIONS = frozenset(f"{{{ASSERTION}}}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction"))


class _Subject(NamedTuple):
    """Whom an assertion is about, and where it was sent."""

    name: str
    type: str
    recipient: str


def verify(
    app: App,
    transaction: Transaction,
    text: str,
    *,
    provider_arn: str,
    partition: str,
    account: str,
    now: datetime,
) -> SamlIdentity:
    """Return the identity that a response proves.

    Args:
        app: the gateway.
        transaction: the view of state.
        text: the response, base64.
        provider_arn: the SAML provider's ARN.
        partition: the role's partition.
        account: the role's account; the provider must be in it.
        now: the time.

    Raises:
        InvalidIdentityToken: it proves nothing.
        ExpiredToken: it is too old.
        IDPRejectedClaim: the identity provider says that authentication failed.
    """
    found: Mapping[str, Any] | None = app.plugins.hook.cloudward_find_identity_provider(
        app=app, transaction=transaction, arn=provider_arn
    )
    if found is None or found["kind"] != "saml" or found["account"] != account or found["valid_until"] <= now:
        raise InvalidIdentityToken.no_saml_provider()
    try:
        data = b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError):
        raise InvalidIdentityToken.not_base64() from None
    assertion = _trusted_assertion(parse(data), found)
    return _identity(assertion, found, partition, now)


def _trusted_assertion(response: etree._Element, provider: Mapping[str, Any]) -> etree._Element:
    """Return a response's assertion, as its provider signed it."""
    if response.tag != f"{{{PROTOCOL}}}Response":
        raise InvalidIdentityToken.not_xml("the root element is not a SAML 2.0 Response")
    certificates = provider["signing_certificates"]
    response_signed = is_signed(response)
    if response_signed:
        response = verified(response, certificates)
    _check_response(response, provider)
    plain = list(response.iter(f"{{{ASSERTION}}}Assertion"))
    sealed = list(response.iter(f"{{{ASSERTION}}}EncryptedAssertion"))
    if len(plain) + len(sealed) != 1 or (plain or sealed)[0].getparent() is not response:
        raise InvalidIdentityToken.response_structure()
    if plain and provider["assertion_encryption_mode"] == "Required":
        raise InvalidIdentityToken.encryption_required()
    assertion = plain[0] if plain else decrypted(sealed[0], provider["private_keys"])
    if is_signed(assertion):
        return verified(assertion, certificates)
    if not response_signed:
        raise InvalidIdentityToken.response_signature()
    return assertion


def _check_response(response: etree._Element, provider: Mapping[str, Any]) -> None:
    status = child(response, "Status", PROTOCOL)
    code = child(status, "StatusCode", PROTOCOL) if status is not None else None
    value = code.get("Value") if code is not None else None
    if value != SUCCESS:
        raise IDPRejectedClaim.saml_status(value or "no status")
    issuer = child(response, "Issuer")
    if issuer is not None and text_of(issuer) != provider["entity_id"]:
        raise InvalidIdentityToken.saml_issuer()
    destination = response.get("Destination")
    if destination and _ENDPOINT(destination) is None:
        raise InvalidIdentityToken.saml_recipient()


def _identity(assertion: etree._Element, provider: Mapping[str, Any], partition: str, now: datetime) -> SamlIdentity:
    issuer = text_of(child(assertion, "Issuer"))
    if issuer != provider["entity_id"]:
        raise InvalidIdentityToken.saml_issuer()
    identifier = assertion.get("ID")
    if not identifier or assertion.get("Version") != "2.0":
        raise InvalidIdentityToken.response_structure()
    useless_after = _check_times(assertion, now)
    _check_audience(assertion)
    subject = _subject(assertion, now)
    attributes: dict[str, tuple[str, ...]] = {}
    for name, values in attribute_values(assertion):
        attributes[name] = attributes.get(name, ()) + values
    prefix = known.PREFIXES.get(partition, known.DEFAULT_PREFIX)
    own = {name.removeprefix(prefix): values for name, values in attributes.items() if name.startswith(prefix)}
    qualifier = b64encode(
        # AWS's hash; it names, and protects nothing.
        hashlib.sha1(f"{issuer}{provider['account']}/{provider['name']}".encode(), usedforsecurity=False).digest()
    ).decode()
    keys: dict[str, str | tuple[str, ...]] = {
        "saml:aud": subject.recipient,
        "saml:doc": f"{provider['account']}/{provider['name']}",
        "saml:iss": issuer,
        "saml:namequalifier": qualifier,
        "saml:sub": subject.name,
        "saml:sub_type": subject.type,
        "aws:federatedprovider": provider["arn"],
    }
    return SamlIdentity(
        principal=provider["arn"],
        provider=provider["arn"],
        audience=subject.recipient,
        subject=subject.name,
        subject_type=subject.type,
        issuer=issuer,
        name_qualifier=qualifier,
        context={**known.condition_keys(attributes), **keys},
        session_context={
            "saml:namequalifier": qualifier,
            "saml:sub": subject.name,
            "saml:sub_type": subject.type,
            "aws:FederatedProvider": provider["arn"],
        },
        tags=_tags(own),
        transitive_tag_keys=own.get("TransitiveTagKeys", ()),
        source_identity=_source_identity(own),
        session_name=_session_name(own),
        session_duration=_session_duration(own),
        session_ends=min(
            (
                ends
                for statement in children(assertion, "AuthnStatement")
                if (ends := time_of(statement, "SessionNotOnOrAfter")) is not None
            ),
            default=None,
        ),
        roles=_roles(own),
        assertion_id=identifier,
        useless_after=useless_after,
    )


def _check_times(assertion: etree._Element, now: datetime) -> datetime:
    """Check when an assertion may be used, and return when it cannot be any more."""
    issued = time_of(assertion, "IssueInstant")
    if issued is None:
        raise InvalidIdentityToken.saml_time("IssueInstant")
    useless_after = issued + REDEEMABLE
    conditions = child(assertion, "Conditions")
    if conditions is None:
        raise InvalidIdentityToken.saml_audience()
    begins = time_of(conditions, "NotBefore")
    ends = time_of(conditions, "NotOnOrAfter")
    if now >= useless_after or (ends is not None and now >= ends):
        raise ExpiredToken.assertion()
    if issued > now + SKEW or (begins is not None and begins > now + SKEW):
        raise InvalidIdentityToken.assertion_early()
    if any(condition.tag not in _CONDITIONS for condition in conditions.iterchildren(etree.Element)):
        raise InvalidIdentityToken.saml_condition()
    return useless_after


def _check_audience(assertion: etree._Element) -> None:
    """Check that every restriction of an assertion's audience lets AWS in."""
    conditions = child(assertion, "Conditions")
    restrictions = children(conditions, "AudienceRestriction") if conditions is not None else []
    for restriction in restrictions:
        audiences = [text_of(audience) for audience in children(restriction, "Audience")]
        if not any(_ENDPOINT(audience) or _AUDIENCES(audience) for audience in audiences):
            raise InvalidIdentityToken.saml_audience()
    if not restrictions:
        raise InvalidIdentityToken.saml_audience()


def _subject(assertion: etree._Element, now: datetime) -> _Subject:
    subject = child(assertion, "Subject")
    name = child(subject, "NameID") if subject is not None else None
    if subject is None or name is None or not text_of(name):
        raise InvalidIdentityToken.saml_subject()
    expired = False
    for confirmation in children(subject, "SubjectConfirmation"):
        data = child(confirmation, "SubjectConfirmationData")
        if confirmation.get("Method") != BEARER or data is None:
            continue
        ends = time_of(data, "NotOnOrAfter")
        begins = time_of(data, "NotBefore")
        if ends is None or (begins is not None and begins > now + SKEW):
            continue
        if now >= ends:
            expired = True
            continue
        recipient = data.get("Recipient") or ""
        if _ENDPOINT(recipient) is None:
            raise InvalidIdentityToken.saml_recipient()
        form = name.get("Format") or "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
        return _Subject(text_of(name), form.removeprefix(NAME_ID_FORMAT), recipient)
    if expired:
        raise ExpiredToken.assertion()
    raise InvalidIdentityToken.saml_subject()


def _roles(own: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """Return pairs of role and provider; AWS takes them in either order."""
    pairs = []
    for value in own.get("Role", ()):
        first, _, second = (part.strip() for part in value.partition(","))
        if ":saml-provider/" in first:
            first, second = second, first
        pairs.append((first, second))
    if not pairs:
        raise InvalidIdentityToken.no_role()
    return tuple(pairs)


def _session_name(own: Mapping[str, tuple[str, ...]]) -> str:
    values = own.get("RoleSessionName", ())
    if len(values) != 1 or not values[0]:
        raise InvalidIdentityToken.no_session_name()
    if _NAME(values[0]) is None:
        raise InvalidIdentityToken.session_name()
    return values[0]


def _source_identity(own: Mapping[str, tuple[str, ...]]) -> str | None:
    values = own.get("SourceIdentity", ())
    if not values:
        return None
    if len(values) != 1 or _NAME(values[0]) is None or values[0].startswith("aws:"):
        raise InvalidIdentityToken.source_identity()
    return values[0]


def _session_duration(own: Mapping[str, tuple[str, ...]]) -> int | None:
    values = own.get("SessionDuration", ())
    if not values:
        return None
    if len(values) != 1 or not values[0].isdecimal() or not _SHORTEST <= int(values[0]) <= _LONGEST:
        raise InvalidIdentityToken.session_duration()
    return int(values[0])


def _tags(own: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    tags = []
    for name, values in own.items():
        if name.startswith(_PRINCIPAL_TAG):
            if len(values) != 1:
                raise InvalidIdentityToken.tags_claim(name)
            tags.append((name.removeprefix(_PRINCIPAL_TAG), values[0]))
    return tuple(tags)
