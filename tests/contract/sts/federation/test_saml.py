"""AssumeRoleWithSAML: responses of an identity provider of the tests' own, with policies enforced."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization

from tests.contract.sts.conftest import refused
from tests.contract.sts.federation.conftest import SIGNATURE_INVALID, Setup, make_role
from tests.contract.sts.federation.saml_idp import AWS, ENTITY, Signer, response


def test_a_response_becomes_credentials(setup: Setup) -> None:
    answer = setup.assume(response(setup.signed()))
    account = setup.world.account
    assert answer["Subject"] == "alice"
    assert answer["SubjectType"] == "transient"
    assert answer["Issuer"] == ENTITY
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    qualifier = hashlib.sha1(f"{ENTITY}{account}/MyIdP".encode()).digest()
    assert answer["NameQualifier"] == b64encode(qualifier).decode()
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/saml/alice@example.com"
    identity = setup.world.client("sts", answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_a_signed_response_around_an_unsigned_assertion(setup: Setup) -> None:
    assert setup.assume(setup.signer.sign(response(setup.assertion().xml())))["Subject"] == "alice"


def test_both_signed(setup: Setup) -> None:
    assert setup.assume(setup.signer.sign(response(setup.signed())))["Subject"] == "alice"
    with refused() as answer:
        setup.assume(Signer().sign(response(setup.signed())))
    assert (answer.code, answer.message) == SIGNATURE_INVALID


def test_a_response_signed_by_another_library(setup: Setup) -> None:
    from lxml import etree
    from signxml import XMLSigner
    from signxml.algorithms import CanonicalizationMethod

    document = etree.fromstring(setup.assertion().xml())
    pem = setup.signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0).sign(
        document, key=pem, cert=[setup.signer.certificate], reference_uri=document.get("ID"), id_attribute="ID"
    )
    assert setup.assume(response(etree.tostring(signed).decode()))["Subject"] == "alice"


def test_attributes_become_conditions(setup: Setup) -> None:
    names = {
        "SAML:namequalifier": b64encode(
            hashlib.sha1(f"{ENTITY}{setup.world.account}/MyIdP".encode()).digest()
        ).decode(),
        "SAML:sub": "alice",
        "SAML:sub_type": "transient",
        "SAML:doc": f"{setup.world.account}/MyIdP",
        "SAML:eduPersonOrgDN": "ExampleCorp",
        "sts:RoleSessionName": "alice@example.com",
    }
    condition = {"StringEquals": names, "ForAnyValue:StringEquals": {"SAML:eduPersonAffiliation": "staff"}}
    role = make_role(setup.world, setup.provider, condition, RoleName="strict")
    here = replace(setup, role=role)
    attributes = {
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": "ExampleCorp",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["member", "staff"],
    }
    here.assume(response(here.signed(attributes=attributes)))
    for change in ({"subject": "bob"}, {"attributes": {}}):
        with refused() as answer:
            here.assume(response(here.signed(**{"attributes": attributes, **change})))
        assert (answer.code, answer.status) == ("AccessDenied", 403)
        assert answer.message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_session_tags_and_source_identity(setup: Setup) -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "blue", "sts:SourceIdentity": "alice@example.com"}}
    here = replace(setup, role=make_role(setup.world, setup.provider, condition, RoleName="tagged"))
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "iam:ListUsers",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", "saml:sub": "alice"}},
        },
    }
    here.world.client("iam").put_role_policy(RoleName="tagged", PolicyName="p", PolicyDocument=json.dumps(document))
    attributes = {
        f"{AWS}PrincipalTag:team": "blue",
        f"{AWS}TransitiveTagKeys": ["team"],
        f"{AWS}SourceIdentity": "alice@example.com",
    }
    answer = here.assume(response(here.signed(attributes=attributes)))
    assert answer["SourceIdentity"] == "alice@example.com"
    assert answer["PackedPolicySize"] >= 1
    here.world.client("iam", answer["Credentials"]).list_users()


def minutes(answer: dict[str, Any]) -> int:
    left: timedelta = answer["Credentials"]["Expiration"] - datetime.now(UTC)  # noqa: TID251 - the client's clock
    return round(left.total_seconds() / 60)


def test_durations(setup: Setup) -> None:
    here = replace(setup, role=make_role(setup.world, setup.provider, RoleName="long", MaxSessionDuration=7200))
    assert minutes(here.assume(response(here.signed()))) == 60
    assert minutes(here.assume(response(here.signed()), DurationSeconds=7200)) == 120
    asks = {f"{AWS}SessionDuration": "5400"}
    assert minutes(here.assume(response(here.signed(attributes=asks)))) == 90
    assert minutes(here.assume(response(here.signed(attributes=asks)), DurationSeconds=900)) == 15
    assert minutes(here.assume(response(here.signed(attributes={f"{AWS}SessionDuration": "43200"})))) == 120
    assert minutes(here.assume(response(here.signed(session_ends=1200)))) == 20
    with refused() as answer:
        here.assume(response(here.signed()), DurationSeconds=7201)
    assert answer.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_the_same_response_twice(setup: Setup) -> None:
    document = response(setup.signed())
    setup.assume(document)
    with refused() as answer:
        setup.assume(document)
    assert (answer.code, answer.message) == ("InvalidIdentityToken", "The SAML assertion was used before.")
    # Another envelope makes it no other assertion.
    with refused() as answer:
        setup.assume(document.replace("_r1", "_r2"))
    assert answer.message == "The SAML assertion was used before."


def test_the_same_response_at_once(setup: Setup) -> None:
    document = response(setup.signed())

    def attempt(number: int) -> str:
        try:
            setup.assume(document)
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return "taken"

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(attempt, range(6)))
    assert sorted(set(found)) == ["The SAML assertion was used before.", "taken"]
    assert found.count("taken") == 1


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "another issuer": ({"issuer": "https://evil.example.com"}, "InvalidIdentityToken", "Issuer not present in"),
    "another audience": ({"audiences": ("urn:x",)}, "InvalidIdentityToken", "does not contain the required audience"),
    "no audience": ({"audiences": ()}, "InvalidIdentityToken", "does not contain the required audience"),
    "another recipient": ({"recipient": "https://x.example.com/saml"}, "InvalidIdentityToken", "recipient"),
    "a recipient that begins well": (
        {"recipient": "https://signin.aws.amazon.com.evil.example/saml"}, "InvalidIdentityToken", "recipient",
    ),
    "issued too long ago": (
        {"issued": -301, "begins": -301}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"
    ),
    "over": ({"ends": -1}, "ExpiredTokenException", "Token must be redeemed"),
    "confirmation over": ({"confirmed_until": -1}, "ExpiredTokenException", "Token must be redeemed"),
    "session over": ({"session_ends": -1}, "ExpiredTokenException", "Token must be redeemed"),
    "not yet valid": ({"begins": 120}, "InvalidIdentityToken", "not valid yet"),
    "from the future": ({"issued": 120}, "InvalidIdentityToken", "not valid yet"),
    "another confirmation": (
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"}, "InvalidIdentityToken", "no subject"
    ),
    "an unknown condition": ({"conditions": '<x:Moon xmlns:x="urn:x"/>'}, "InvalidIdentityToken", "a condition that"),
    "no role": ({"attributes": {f"{AWS}Role": None}}, "InvalidIdentityToken", "Role is required in AuthnResponse"),
    "another role": ({"attributes": {f"{AWS}Role": "arn:a,arn:b"}}, "AccessDenied", "Not authorized to perform"),
    "no session name": (
        {"attributes": {f"{AWS}RoleSessionName": None}},
        "InvalidIdentityToken",
        "RoleSessionName is required in AuthnResponse",
    ),
    "a bad session name": (
        {"attributes": {f"{AWS}RoleSessionName": "a b"}},
        "InvalidIdentityToken",
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
    ),
    "a bad source identity": (
        {"attributes": {f"{AWS}SourceIdentity": "aws:me"}},
        "InvalidIdentityToken",
        'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
    ),
    "a bad duration": ({"attributes": {f"{AWS}SessionDuration": "60"}}, "InvalidIdentityToken", "SessionDuration"),
    "a tag with two values": (
        {"attributes": {f"{AWS}PrincipalTag:a": ["b", "c"]}}, "InvalidIdentityToken", "not well-formed"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_assertions_that_are_refused(setup: Setup, case: str) -> None:
    changes, code, message = WRONG[case]
    with refused() as answer:
        setup.assume(response(setup.signed(**changes)))
    assert answer.code == code, answer.message
    assert message in answer.message


ENVELOPES: dict[str, tuple[dict[str, str], str, str]] = {
    "a failure": (
        {"status": "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"}, "IDPRejectedClaim", "authentication failed"
    ),
    "another issuer": ({"issuer": "https://evil.example.com"}, "InvalidIdentityToken", "Issuer not present"),
    "another destination": ({"destination": "https://x.example.com"}, "InvalidIdentityToken", "destination"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENVELOPES)
def test_responses_that_are_refused(setup: Setup, case: str) -> None:
    changes, code, message = ENVELOPES[case]
    with refused() as answer:
        setup.assume(response(setup.signed(), **changes))
    assert answer.code == code
    assert message in answer.message


def test_roles_and_providers_in_either_order_and_among_others(setup: Setup) -> None:
    values = ["arn:aws:iam::111122223333:role/x,arn:aws:iam::111122223333:saml-provider/y"]
    values.append(f" {setup.provider} , {setup.role} ")
    assert setup.assume(response(setup.signed(attributes={f"{AWS}Role": values})))["Subject"] == "alice"


def test_providers_that_are_not_there(setup: Setup) -> None:
    with refused() as answer:
        setup.assume(response(setup.signed()), PrincipalArn=f"{setup.provider}x")
    assert answer.message == "Specified provider doesn't exist."
    with refused() as role:
        setup.assume(response(setup.signed()), RoleArn="no role at all, and long")
    assert role.code == "ValidationError"
