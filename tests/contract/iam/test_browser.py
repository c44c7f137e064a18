"""The resource browser: a page of its own, and what it reads."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import urlopen

from cloudward.testing import Gateway
from tests.contract.iam.expect import ALLOW, TRUST, text


def get(gateway: Gateway, path: str) -> Any:
    with urlopen(f"{gateway.url}/_cloudward/browser{path}") as answer:
        return json.load(answer)


def test_the_page_needs_nothing_from_elsewhere(iam_gateway: Gateway) -> None:
    with urlopen(f"{iam_gateway.url}/_cloudward/browser") as answer:
        assert answer.headers["content-type"].startswith("text/html")
        page = answer.read().decode()
    assert "<title>cloudward: resource browser</title>" in page
    assert not re.search(r"https?://|src=|href=|@import|url\(", page)
    # Names and documents are whatever a caller sends: they must never become markup.
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", page)


def test_an_account(iam: Any, iam_gateway: Gateway, account: str) -> None:
    iam.create_user(UserName="bob", Tags=[{"Key": "team", "Value": "red"}])
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(GroupName="devs", UserName="bob")
    iam.put_group_policy(GroupName="devs", PolicyName="own", PolicyDocument=text(ALLOW))
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=text(TRUST))["Role"]["Arn"]
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text(ALLOW))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="app", PolicyArn=arn)
    listed = {one["account"]: one for one in get(iam_gateway, "/accounts")["accounts"]}
    assert listed[account] == {
        "partition": "aws",
        "account": account,
        "users": 1,
        "groups": 1,
        "roles": 1,
        "policies": 1,
    }
    found = get(iam_gateway, f"/accounts/aws/{account}")
    (bob,) = found["users"]
    assert (bob["name"], bob["groups"], bob["tags"]) == ("bob", ["devs"], {"team": "red"})
    assert bob["access_keys"] == [{"id": key["AccessKeyId"], "status": "Active"}]
    assert key["SecretAccessKey"] not in json.dumps(found)
    (devs,) = found["groups"]
    assert devs["users"] == ["bob"]
    assert json.loads(devs["inline_policies"][0]["document"]) == ALLOW
    (app,) = found["roles"]
    assert (app["arn"], json.loads(app["trust_policy"])) == (role, TRUST)
    assert app["attached_policies"] == [{"name": "p", "arn": arn}]
    (policy,) = found["policies"]
    assert policy["attachments"] == 1
    assert [(version["id"], version["default"]) for version in policy["versions"]] == [("v1", True)]
