"""botocore's paginators over every listing of IAM, also while what they list changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore import xform_name

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.listings import LISTINGS, QUOTAS, Listing, World

ONE_PAGE = {"ListAccountAliases": "an account has one alias at most"}
_CHANGING = sorted(name for name, listing in LISTINGS.items() if isinstance(listing, Listing))


@pytest.fixture(scope="module")
def roomy_gateway() -> Iterator[Gateway]:
    """A gateway whose quotas leave room for three pages of everything."""
    with running_gateway(Config(plugin_settings={"iam": {**QUOTAS, "password_hash_cost": 2}})) as running:
        yield running


@pytest.fixture
def world(roomy_gateway: Gateway, session: Any, account: str) -> World:
    client = session.client(
        "iam", endpoint_url=roomy_gateway.url, aws_access_key_id=account, aws_secret_access_key="test"
    )
    return World(client, roomy_gateway, account)


def _keys(operation: str, page: Mapping[str, Any], paginator: Any) -> list[str]:
    """Return what a page lists, by the keys of the items."""
    members = LISTINGS[operation].key.split()
    return [
        next(str(item[member]) for member in members if member in item) if members else str(item)
        for result in paginator.result_keys
        for item in result.search(page) or ()
    ]


def test_every_paginator_of_botocore_is_tried(world: World, session: Any) -> None:
    loader = session._session.get_component("data_loader")
    described = set(loader.load_service_model("iam", "paginators-1")["pagination"])
    assert described == set(LISTINGS) | set(ONE_PAGE)
    world.iam.create_account_alias(AccountAlias=f"alias-{world.account}")
    (page,) = world.iam.get_paginator("list_account_aliases").paginate(PaginationConfig={"PageSize": 1})
    assert page["AccountAliases"] == [f"alias-{world.account}"]


@pytest.mark.parametrize("operation", sorted(LISTINGS))
def test_pages_hold_every_item_once(world: World, operation: str) -> None:
    listing = LISTINGS[operation]
    if isinstance(listing, Listing):
        request = listing.arrange(world)
        expected = [*listing.present, *(listing.make(world, f"item{number}") for number in range(5))]
    else:
        request, expected = listing.request(world), list(listing.expected)
    paginator = world.iam.get_paginator(xform_name(operation))

    whole = _keys(operation, getattr(world.iam, xform_name(operation))(**request), paginator)
    assert sorted(whole) == sorted(expected)
    for size in (1, 2):
        pages = [
            _keys(operation, page, paginator)
            for page in paginator.paginate(**request, PaginationConfig={"PageSize": size})
        ]
        assert len(pages) == -(-len(expected) // size) >= 3
        assert all(len(page) == size for page in pages[:-1])
        assert sorted(key for page in pages for key in page) == sorted(expected)
        if len(paginator.result_keys) == 1:
            assert [key for page in pages for key in page] == whole

    if len(paginator.result_keys) > 1:
        return  # botocore counts the first member only
    # What the AWS CLI does for --max-items and --starting-token.
    some = paginator.paginate(**request, PaginationConfig={"PageSize": 2, "MaxItems": 3}).build_full_result()
    rest = paginator.paginate(
        **request, PaginationConfig={"PageSize": 2, "StartingToken": some["NextToken"]}
    ).build_full_result()
    assert "NextToken" not in rest
    assert sorted(_keys(operation, some, paginator) + _keys(operation, rest, paginator)) == sorted(expected)


@pytest.mark.parametrize("operation", _CHANGING)
def test_changes_between_pages_lose_and_repeat_nothing(world: World, operation: str) -> None:
    listing = LISTINGS[operation]
    assert isinstance(listing, Listing)
    request = listing.arrange(world)
    made = [listing.make(world, f"item{number}") for number in range(7)]
    paginator = world.iam.get_paginator(xform_name(operation))
    pages = iter(paginator.paginate(**request, PaginationConfig={"PageSize": 2}))

    seen = _keys(operation, next(pages), paginator)
    answered = [key for key in made if key in seen]
    waiting = [key for key in made if key not in seen]
    gone, never = answered[-1], waiting[-1]
    listing.take(world, gone)  # the item that the marker stands on
    listing.take(world, never)
    made.append(listing.make(world, "item8"))
    for page in pages:
        seen += _keys(operation, page, paginator)

    assert len(set(seen)) == len(seen), "an item was answered twice"
    assert never not in seen
    kept = set(listing.present) | set(made[:-1]) - {gone, never}
    assert kept <= set(seen), "an item that was there all the time is missing"
    assert set(seen) <= kept | {gone, made[-1]}
