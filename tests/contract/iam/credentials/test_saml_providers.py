from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cloudward.testing import Gateway
from tests.contract.iam.credentials.expect import refused, tags, tags_of
from tests.unit.iam import certs

METADATA = certs.saml_metadata(valid_until="2040-01-02T03:04:05Z")


def make(iam: Any, name: str = "corp", **more: Any) -> str:
    answer = iam.create_saml_provider(Name=name, **{"SAMLMetadataDocument": METADATA, **more})
    return str(answer["SAMLProviderArn"])


def test_a_provider_is_made_read_listed_and_deleted(iam: Any, account: str) -> None:
    answer = iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA, Tags=tags(a="1"))
    arn = f"arn:aws:iam::{account}:saml-provider/corp"
    assert (answer["SAMLProviderArn"], answer["Tags"]) == (arn, tags(a="1"))
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == METADATA
    assert found["ValidUntil"] == datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found["Tags"] == tags(a="1")
    assert "PrivateKeyList" not in found
    listed = iam.list_saml_providers()["SAMLProviderList"]
    assert listed == [{"Arn": arn, "ValidUntil": found["ValidUntil"], "CreateDate": found["CreateDate"]}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    for call in (iam.get_saml_provider, iam.delete_saml_provider, iam.update_saml_provider):
        with refused("NoSuchEntity", f"Manifest not found for arn {arn}", 404):
            call(SAMLProviderArn=arn)


def test_metadata_without_an_end_holds_for_a_century(iam: Any) -> None:
    found = iam.get_saml_provider(SAMLProviderArn=make(iam, SAMLMetadataDocument=certs.saml_metadata()))
    assert found["ValidUntil"].year == found["CreateDate"].year + 100


def test_names_are_taken_once(iam: Any) -> None:
    make(iam)
    with refused("EntityAlreadyExists", status=409):
        make(iam)


@pytest.mark.parametrize("document", ["x" * 1000, METADATA.replace("IDPSSO", "SPSSO"), METADATA[:-10] + " " * 10])
def test_bad_metadata_is_refused(iam: Any, document: str) -> None:
    with refused("InvalidInput", status=400):
        make(iam, SAMLMetadataDocument=document)
    arn = make(iam)
    with refused("InvalidInput"):
        iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == METADATA


def test_metadata_that_is_too_short_is_refused(iam: Any, unchecked: Any) -> None:
    with refused("ValidationError"):
        unchecked.create_saml_provider(Name="corp", SAMLMetadataDocument="<a/>")


def test_metadata_is_replaced(iam: Any) -> None:
    arn = make(iam)
    other = certs.saml_metadata("https://other.example.com", valid_until="2041-01-01T00:00:00Z")
    assert iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=other)["SAMLProviderArn"] == arn
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert (found["SAMLMetadataDocument"], found["ValidUntil"].year) == (other, 2041)


def test_private_keys_are_added_rotated_and_removed(iam: Any) -> None:
    arn = make(iam, AssertionEncryptionMode="Required", AddPrivateKey=certs.private_pem(certs.rsa_key()))
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["AssertionEncryptionMode"] == "Required"
    [first] = found["PrivateKeyList"]
    assert set(first) == {"KeyId", "Timestamp"}
    iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=certs.private_pem(certs.rsa_key("two")))
    with refused("LimitExceeded", status=409):
        iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=certs.private_pem(certs.rsa_key("three")))
    iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    [second] = iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]
    assert second["KeyId"] != first["KeyId"]
    with refused("NoSuchEntity"):
        iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    with refused("InvalidInput"):
        iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=second["KeyId"])
    iam.update_saml_provider(SAMLProviderArn=arn, AssertionEncryptionMode="Allowed")
    assert iam.get_saml_provider(SAMLProviderArn=arn)["AssertionEncryptionMode"] == "Allowed"


def test_bad_private_keys_are_refused(iam: Any) -> None:
    with refused("InvalidInput"):
        make(iam, AddPrivateKey="hello")
    with refused("InvalidInput"):
        make(iam, AssertionEncryptionMode="Required")
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_an_account_has_a_hundred_providers_at_most(iam: Any) -> None:
    for number in range(100):
        make(iam, f"corp{number}")
    with refused("LimitExceeded", "Cannot exceed quota for SAMLProvidersPerAccount: 100", 409):
        make(iam, "one-more")


def test_what_is_no_provider_s_arn_is_refused(iam: Any) -> None:
    for arn in ("a" * 20, "arn:aws:iam::123456789012:user/ada"):
        with refused("InvalidInput"):
            iam.get_saml_provider(SAMLProviderArn=arn)


def test_providers_have_tags(iam: Any) -> None:
    named = {"SAMLProviderArn": make(iam)}
    iam.tag_saml_provider(**named, Tags=tags(a="1", b="2"))
    assert tags_of(iam.list_saml_provider_tags, **named) == {"a": "1", "b": "2"}
    iam.untag_saml_provider(**named, TagKeys=["a"])
    assert tags_of(iam.list_saml_provider_tags, **named) == {"b": "2"}
    missing = {"SAMLProviderArn": named["SAMLProviderArn"] + "x"}
    for call, more in (
        (iam.tag_saml_provider, {"Tags": tags(a="1")}),
        (iam.untag_saml_provider, {"TagKeys": ["a"]}),
        (iam.list_saml_provider_tags, {}),
    ):
        with refused("NoSuchEntity"):
            call(**missing, **more)


def test_the_hook_tells_what_checks_an_assertion(iam: Any, shared: Gateway, account: str) -> None:
    private = certs.private_pem(certs.rsa_key())
    arn = make(iam, AddPrivateKey=private, Tags=tags(a="1"))
    with shared.app.store.begin() as transaction:
        found = shared.app.plugins.hook.cloudward_find_identity_provider(
            app=shared.app, transaction=transaction, arn=arn
        )
        missing = shared.app.plugins.hook.cloudward_find_identity_provider(
            app=shared.app, transaction=transaction, arn=arn + "x"
        )
    assert missing is None
    assert (found["kind"], found["account"], found["name"]) == ("saml", account, "corp")
    assert found["entity_id"] == "https://idp.example.com/metadata"
    assert len(found["signing_certificates"]) == 1
    assert found["private_keys"] == (private.strip(),)
    assert found["tags"] == {"a": "1"}
