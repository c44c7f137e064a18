from __future__ import annotations

from typing import Any

import pytest

from cloudward.testing import Gateway
from tests.contract.iam.credentials.expect import refused, tags, tags_of

URL = "https://token.actions.githubusercontent.com"
THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def make(iam: Any, url: str = URL, **more: Any) -> str:
    return str(iam.create_open_id_connect_provider(Url=url, **more)["OpenIDConnectProviderArn"])


def test_a_provider_is_made_read_listed_and_deleted(iam: Any, account: str) -> None:
    answer = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["sts.amazonaws.com"], ThumbprintList=[THUMBPRINT], Tags=tags(a="1")
    )
    arn = f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
    assert (answer["OpenIDConnectProviderArn"], answer["Tags"]) == (arn, tags(a="1"))
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == "token.actions.githubusercontent.com"
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    assert found["ThumbprintList"] == [THUMBPRINT]
    assert found["Tags"] == tags(a="1")
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def test_paths_belong_to_the_issuer(iam: Any, account: str) -> None:
    arn = make(iam, "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC")
    assert arn == f"arn:aws:iam::{account}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["Url"].endswith("/id/ABC")


def test_an_issuer_is_taken_once(iam: Any) -> None:
    make(iam)
    with refused("EntityAlreadyExists", f"Provider with url {URL} already exists.", 409):
        make(iam)


@pytest.mark.parametrize("url", ["http://example.com", "example.com", "https://example.com?a=b", "https://a.b:8443"])
def test_other_addresses_are_refused(iam: Any, url: str) -> None:
    with refused("InvalidInput", "Invalid Open ID Connect Provider URL", 400):
        make(iam, url)


def test_thumbprints_are_checked_and_replaced(iam: Any, unchecked: Any) -> None:
    with refused("InvalidInput"):
        make(iam, ThumbprintList=["z" * 40])
    with refused("InvalidInput"):
        make(iam, ThumbprintList=[f"{number:040x}" for number in range(6)])
    with refused("ValidationError"):
        unchecked.create_open_id_connect_provider(Url=URL, ThumbprintList=["abc"])
    arn = make(iam, ThumbprintList=[THUMBPRINT])
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["A" * 40])
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ThumbprintList"] == ["a" * 40]
    with refused("InvalidInput"):
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["z" * 40])


def test_client_ids_are_added_and_removed(iam: Any) -> None:
    named = {"OpenIDConnectProviderArn": make(iam, ClientIDList=["one"])}
    for client in ("two", "two"):
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID=client)
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["one", "two"]
    for client in ("one", "one"):
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID=client)
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["two"]


def test_a_provider_has_a_hundred_client_ids_at_most(iam: Any) -> None:
    arn = make(iam, ClientIDList=[f"client{number}" for number in range(100)])
    with refused("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one-more")


def test_an_account_has_a_hundred_providers_at_most(iam: Any) -> None:
    for number in range(100):
        make(iam, f"https://example.com/{number}")
    with refused("LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100", 409):
        make(iam)


def test_missing_and_foreign_providers_are_told(iam: Any, account: str) -> None:
    missing = f"arn:aws:iam::{account}:oidc-provider/example.com"
    foreign = "arn:aws:iam::999999999999:oidc-provider/example.com"
    make(iam, "https://example.org")
    for arn in (missing, foreign):
        for call, more in (
            (iam.get_open_id_connect_provider, {}),
            (iam.add_client_id_to_open_id_connect_provider, {"ClientID": "one"}),
            (iam.remove_client_id_from_open_id_connect_provider, {"ClientID": "one"}),
            (iam.update_open_id_connect_provider_thumbprint, {"ThumbprintList": [THUMBPRINT]}),
            (iam.tag_open_id_connect_provider, {"Tags": tags(a="1")}),
            (iam.untag_open_id_connect_provider, {"TagKeys": ["a"]}),
            (iam.list_open_id_connect_provider_tags, {}),
        ):
            with refused("NoSuchEntity"):
                call(OpenIDConnectProviderArn=arn, **more)
    with refused("InvalidInput"):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn="a" * 20)


def test_providers_have_tags(iam: Any) -> None:
    named = {"OpenIDConnectProviderArn": make(iam)}
    iam.tag_open_id_connect_provider(**named, Tags=tags(a="1", b="2"))
    assert tags_of(iam.list_open_id_connect_provider_tags, **named) == {"a": "1", "b": "2"}
    iam.untag_open_id_connect_provider(**named, TagKeys=["a"])
    assert tags_of(iam.list_open_id_connect_provider_tags, **named) == {"b": "2"}


def test_the_hook_tells_what_checks_a_token(iam: Any, shared: Gateway, account: str) -> None:
    arn = make(iam, ClientIDList=["one"], ThumbprintList=[THUMBPRINT])
    with shared.app.store.begin() as transaction:
        found = shared.app.plugins.hook.cloudward_find_identity_provider(
            app=shared.app, transaction=transaction, arn=arn
        )
    assert found == {
        "account": account,
        "kind": "oidc",
        "arn": arn,
        "issuer": "token.actions.githubusercontent.com",
        "client_ids": ("one",),
        "thumbprints": (THUMBPRINT,),
        "tags": {},
    }
