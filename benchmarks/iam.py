"""How IAM's listings and look-ups grow with the account: `python -m benchmarks.iam`.

Whole calls in one process, without a socket: processor time of the gateway's own work.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

from benchmarks.figures import Figure
from benchmarks.http import slope
from benchmarks.servers import query_request
from cloudward.app import App, create_app
from cloudward.config import Config
from cloudward.ids import unique_id
from cloudward.protocols import WireRequest
from cloudward.scope import DEFAULT_ACCOUNT, Scope
from cloudward.state import Transaction
from cloudward_iam.records.policies import Attachment, InlinePolicy
from cloudward_iam.records.principals import Group, Membership, User
from cloudward_iam.state import IamState

GROUP = "iam"
SIZES = (100, 1_000, 10_000, 100_000)
GROUPS = 100
GROUPS_OF_A_USER = 5
ROOM = {"quota_users_per_account": 200_000, "quota_roles_per_account": 200_000, "quota_attached_policies_per_user": 20}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
ARN = f"arn:aws:iam::{DEFAULT_ACCOUNT}"


def wire(action: str, **parameters: str | int) -> WireRequest:
    """Return a signed call of IAM."""
    body = f"Action={action}&Version=2010-05-08"
    body += "".join(f"&{name}={quote(str(value), safe='')}" for name, value in parameters.items())
    head, _, content = query_request("iam", body).partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    return WireRequest("POST", "/", "", [(name.lower(), value) for name, _, value in lines], content)


def call(app: App, request: WireRequest) -> bytes:
    """Answer a call; only a success counts."""
    answer = app.handle(request).response
    assert answer is not None
    assert isinstance(answer.body, bytes)
    if answer.status != 200:
        raise AssertionError(answer.body.decode())
    return answer.body


def cost(app: App, *requests: WireRequest, rounds: int = 5, times: int = 60) -> float:
    """Return the CPU seconds of some calls in a row: the best of several rounds."""
    for request in requests * 3:
        call(app, request)
    best = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            start = time.process_time()
            for _ in range(times):
                for request in requests:
                    call(app, request)
            best = min(best, (time.process_time() - start) / times)
    finally:
        gc.enable()
    return best


def fill(app: App, start: int, end: int, policy_id: str, groups: list[Group]) -> None:
    """Add users with an inline policy, a managed one that all share, and some groups each."""
    now = app.clock.now()

    def put(transaction: Transaction) -> None:
        state = transaction.state(IamState, Scope("aws", DEFAULT_ACCOUNT))
        for number in range(start, end):
            name, user_id = f"user-{number:06}", unique_id("AIDA")
            state.users.add(User(path="/", user_name=name, user_id=user_id, create_date=now, arn=f"{ARN}:user/{name}"))
            state.inline_policies.add(
                InlinePolicy(entity_id=user_id, policy_name="inline", policy_document=quote(POLICY, safe=""))
            )
            state.attachments.add(
                Attachment(
                    policy_id=policy_id,
                    entity_kind="user",
                    entity_name=name,
                    entity_id=user_id,
                    policy_name="shared",
                    policy_arn=f"{ARN}:policy/shared",
                )
            )
            for step in range(GROUPS_OF_A_USER):
                group = groups[(number + step) % GROUPS]
                state.memberships.add(Membership(group_id=group.group_id, user_name=name, user_id=user_id))

    app.store.run(put)


def figures() -> Iterator[Figure]:
    app = create_app(Config(log_requests=False, plugin_settings={"iam": dict(ROOM)}))
    call(app, wire("CreatePolicy", PolicyName="shared", PolicyDocument=POLICY))
    call(app, wire("CreatePolicy", PolicyName="other", PolicyDocument=POLICY))
    for number in range(GROUPS):
        call(app, wire("CreateGroup", GroupName=f"group-{number}"))
    with app.store.begin() as transaction:
        state = transaction.state(IamState, Scope("aws", DEFAULT_ACCOUNT))
        policy_id, groups = state.policies["shared"].policy_id, list(state.groups)
    costs: dict[str, list[float]] = {name: [] for name in growing()}
    have = 0
    for size in SIZES:
        fill(app, have, size, policy_id, groups)
        have = size
        for name, make in growing().items():
            costs[name].append(cost(app, *make()))
    for name, found in costs.items():
        note = f"{found[0] * 1e6:,.0f} µs at 100 users, {found[-1] * 1e6:,.0f} µs at 100,000"
        what = f"growth of {name}, 100 to 100,000 users (exponent)"
        yield Figure(GROUP, what, slope(SIZES, found), "", 0.2, note=note)
    yield from against_users()


def growing() -> dict[str, Callable[[], list[WireRequest]]]:
    """Return the calls whose cost must not depend on the account's size."""
    user, shared, other = "user-000042", f"{ARN}:policy/shared", f"{ARN}:policy/other"
    return {
        "a GetAccountAuthorizationDetails page": lambda: [wire("GetAccountAuthorizationDetails", MaxItems=100)],
        "a ListEntitiesForPolicy page": lambda: [wire("ListEntitiesForPolicy", PolicyArn=shared, MaxItems=100)],
        "ListGroupsForUser": lambda: [wire("ListGroupsForUser", UserName=user)],
        "ListAttachedUserPolicies": lambda: [wire("ListAttachedUserPolicies", UserName=user)],
        "attaching and detaching a policy": lambda: [
            wire("AttachUserPolicy", UserName=user, PolicyArn=other),
            wire("DetachUserPolicy", UserName=user, PolicyArn=other),
        ],
        "GetAccountSummary": lambda: [wire("GetAccountSummary")],
    }


def against_users() -> Iterator[Figure]:
    """How the calls of roles compare with the same calls of users."""
    app = create_app(Config(log_requests=False, plugin_settings={"iam": dict(ROOM)}))
    for number in range(1000):
        call(app, wire("CreateUser", UserName=f"user-{number}"))
        call(app, wire("CreateRole", RoleName=f"role-{number}", AssumeRolePolicyDocument=TRUST))
    pairs = {
        "GetRole": (wire("GetRole", RoleName="role-42"), wire("GetUser", UserName="user-42")),
        "ListRoles, a page of 100,": (wire("ListRoles", MaxItems=100), wire("ListUsers", MaxItems=100)),
    }
    for name, (of_role, of_user) in pairs.items():
        mine, theirs = (cost(app, request, times=300) for request in (of_role, of_user))
        note = f"{mine * 1e6:,.0f} µs against {theirs * 1e6:,.0f} µs; a role has a trust policy more to write"
        yield Figure(GROUP, f"{name} against the same call of users", mine / theirs, "×", 1.5, note=note)


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:85} {figure.shown:>8}  target {figure.shown_target}  {figure.note}")
