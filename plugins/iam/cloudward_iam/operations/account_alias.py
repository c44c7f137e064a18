"""The account's alias: at most one, and unique among all accounts."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam.errors import EntityAlreadyExists, Invalid, NoSuchEntity
from cloudward_iam.paging import paged
from cloudward_iam.records.account import AccountAlias
from cloudward_iam.state import Ctx, IamState


@operation("CreateAccountAlias")
def create_account_alias(ctx: Ctx, *, account_alias: str) -> None:
    """Give the account an alias, in place of the one it had."""
    if account_alias.isdigit() and len(account_alias) == 12:
        raise Invalid.numeric_alias(account_alias)
    located = ctx.across(IamState.account_aliases).find(account_alias)
    if located is not None:
        raise EntityAlreadyExists.account_alias(account_alias)
    aliases = ctx.state.account_aliases
    for previous in list(aliases):
        aliases.remove(previous.account_alias)
    aliases.add(AccountAlias(account_alias=account_alias))


@operation("ListAccountAliases")
def list_account_aliases(ctx: Ctx, *, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """List the account's alias, if it has one."""
    aliases = ctx.state.account_aliases
    return paged(
        ctx,
        "AccountAliases",
        lambda after, count: aliases.page(after=after, limit=count),
        listing="ListAccountAliases",
        marker=marker,
        max_items=max_items,
        show=lambda alias: alias.account_alias,
    )


@operation("DeleteAccountAlias")
def delete_account_alias(ctx: Ctx, *, account_alias: str) -> None:
    """Take the account's alias away."""
    if account_alias not in ctx.state.account_aliases:
        raise NoSuchEntity.account_alias(account_alias)
    ctx.state.account_aliases.remove(account_alias)
