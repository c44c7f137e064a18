"""Whatever is made, renamed, attached and deleted in whatever order: nothing dangles, and counts are true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.contract.iam.expect import ALLOW, TRUST, text

NAMES = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from(["user", "group", "role"])
REFUSALS = {"NoSuchEntity", "EntityAlreadyExists", "DeleteConflict", "LimitExceeded"}
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Account(RuleBasedStateMachine):
    """An account beside a model of it: entities by kind and name, each with what hangs on it."""

    iam: Any = None
    number = ""

    def __init__(self) -> None:
        super().__init__()
        self.entities: dict[tuple[str, str], dict[str, set[str]]] = {}
        self.policies: set[str] = set()
        self.profiles: dict[str, str | None] = {}
        self._empty_the_account()

    def _call(self, operation: str, **parameters: Any) -> bool:
        """Make a call and tell whether it was accepted; refusals must be IAM's own."""
        try:
            getattr(self.iam, operation)(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                raise
            return False
        return True

    def _arn(self, name: str) -> str:
        return f"arn:aws:iam::{self.number}:policy/{name}"

    def _uses(self, policy: str, *kinds: str) -> set[tuple[str, str]]:
        return {key for key, has in self.entities.items() if key[0] in kinds and policy in has["attached"]}

    def _bounded(self, policy: str) -> set[tuple[str, str]]:
        return {key for key, has in self.entities.items() if policy in has["boundary"]}

    @rule(kind=KINDS, name=NAMES)
    def create(self, kind: str, name: str) -> None:
        extra = {"AssumeRolePolicyDocument": text(TRUST)} if kind == "role" else {}
        made = self._call(f"create_{kind}", **{f"{kind.title()}Name": name}, **extra)
        assert made == ((kind, name) not in self.entities)
        if made:
            self.entities[kind, name] = defaultdict(set)

    @rule(kind=KINDS, name=NAMES)
    def delete(self, kind: str, name: str) -> None:
        has = self.entities.get((kind, name))
        in_use = has is not None and (
            has["attached"]
            or has["inline"]
            or has["groups"]
            or (kind == "group" and any(name in other["groups"] for other in self.entities.values()))
            or (kind == "role" and name in self.profiles.values())
        )
        deleted = self._call(f"delete_{kind}", **{f"{kind.title()}Name": name})
        assert deleted == (has is not None and not in_use)
        if deleted:
            del self.entities[kind, name]

    @rule(kind=st.sampled_from(["user", "group"]), name=NAMES, new=NAMES)
    def rename(self, kind: str, name: str, new: str) -> None:
        title = kind.title()
        renamed = self._call(f"update_{kind}", **{f"{title}Name": name, f"New{title}Name": new})
        assert renamed == ((kind, name) in self.entities and (new == name or (kind, new) not in self.entities))
        if renamed:
            self.entities[kind, new] = self.entities.pop((kind, name))
            for has in self.entities.values():
                if kind == "group" and name in has["groups"]:
                    has["groups"] = has["groups"] - {name} | {new}

    @rule(name=NAMES)
    def create_policy(self, name: str) -> None:
        made = self._call("create_policy", PolicyName=name, PolicyDocument=text(ALLOW))
        assert made == (self._arn(name) not in self.policies)
        self.policies.add(self._arn(name))

    @rule(name=NAMES)
    def delete_policy(self, name: str) -> None:
        arn = self._arn(name)
        free = not self._uses(arn, "user", "group", "role") and not self._bounded(arn)
        deleted = self._call("delete_policy", PolicyArn=arn)
        assert deleted == (arn in self.policies and free)
        if deleted:
            self.policies.remove(arn)

    @rule(kind=KINDS, name=NAMES, policy=NAMES | st.just(""), detach=st.booleans())
    def attach_or_detach(self, kind: str, name: str, policy: str, detach: bool) -> None:
        arn = self._arn(policy) if policy else AWS_POLICY
        has = self.entities.get((kind, name))
        exists = has is not None and (arn in self.policies or not policy)
        done = self._call(
            f"{'detach' if detach else 'attach'}_{kind}_policy", **{f"{kind.title()}Name": name}, PolicyArn=arn
        )
        assert done == (exists and (not detach or (has is not None and arn in has["attached"])))
        if done and has is not None:
            has["attached"] = has["attached"] - {arn} if detach else has["attached"] | {arn}

    @rule(kind=st.sampled_from(["user", "role"]), name=NAMES, policy=NAMES)
    def bound(self, kind: str, name: str, policy: str) -> None:
        arn = self._arn(policy)
        done = self._call(f"put_{kind}_permissions_boundary", **{f"{kind.title()}Name": name}, PermissionsBoundary=arn)
        assert done == ((kind, name) in self.entities and arn in self.policies)
        if done:
            self.entities[kind, name]["boundary"] = {arn}

    @rule(kind=st.sampled_from(["user", "role"]), name=NAMES)
    def unbound(self, kind: str, name: str) -> None:
        if self._call(f"delete_{kind}_permissions_boundary", **{f"{kind.title()}Name": name}):
            self.entities[kind, name]["boundary"] = set()

    @rule(kind=KINDS, name=NAMES, policy=NAMES, delete=st.booleans())
    def inline(self, kind: str, name: str, policy: str, delete: bool) -> None:
        named = {f"{kind.title()}Name": name, "PolicyName": policy}
        has = self.entities.get((kind, name))
        if delete:
            done = self._call(f"delete_{kind}_policy", **named)
            assert done == (has is not None and policy in has["inline"])
        else:
            done = self._call(f"put_{kind}_policy", PolicyDocument=text(ALLOW), **named)
            assert done == (has is not None)
        if done and has is not None:
            has["inline"] = has["inline"] - {policy} if delete else has["inline"] | {policy}

    @rule(user=NAMES, group=NAMES, leave=st.booleans())
    def join_or_leave(self, user: str, group: str, leave: bool) -> None:
        has = self.entities.get(("user", user))
        operation = "remove_user_from_group" if leave else "add_user_to_group"
        done = self._call(operation, UserName=user, GroupName=group)
        exists = has is not None and ("group", group) in self.entities
        assert done == (exists and (not leave or (has is not None and group in has["groups"])))
        if done and has is not None:
            has["groups"] = has["groups"] - {group} if leave else has["groups"] | {group}

    @rule(name=NAMES, role=NAMES)
    def profile(self, name: str, role: str) -> None:
        if name not in self.profiles:
            assert self._call("create_instance_profile", InstanceProfileName=name)
            self.profiles[name] = None
        elif self.profiles[name] is None:
            done = self._call("add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)
            assert done == (("role", role) in self.entities)
            self.profiles[name] = role if done else None
        else:
            held = self.profiles[name]
            assert self._call("remove_role_from_instance_profile", InstanceProfileName=name, RoleName=held)
            self.profiles[name] = None

    @invariant()
    def entities_are_those_of_the_model(self) -> None:
        for kind in ("user", "group", "role"):
            listed = getattr(self.iam, f"list_{kind}s")()[f"{kind.title()}s"]
            names = {entity[f"{kind.title()}Name"] for entity in listed}
            assert names == {name for of, name in self.entities if of == kind}

    @invariant()
    def uses_of_policies_are_those_of_the_model(self) -> None:
        for arn in (*self.policies, AWS_POLICY):
            policy = self.iam.get_policy(PolicyArn=arn)["Policy"]
            attached, bounded = self._uses(arn, "user", "group", "role"), self._bounded(arn)
            assert policy["AttachmentCount"] == len(attached)
            assert policy["PermissionsBoundaryUsageCount"] == len(bounded)
            found = self.iam.list_entities_for_policy(PolicyArn=arn)
            entities = [("group", entity["GroupName"]) for entity in found["PolicyGroups"]]
            entities += [("role", entity["RoleName"]) for entity in found["PolicyRoles"]]
            entities += [("user", entity["UserName"]) for entity in found["PolicyUsers"]]
            assert len(entities) == len(set(entities))
            assert set(entities) == attached | bounded

    @invariant()
    def reports_are_those_of_the_model(self) -> None:
        summary = self.iam.get_account_summary()["SummaryMap"]
        details = self.iam.get_account_authorization_details()
        for kind in ("user", "group", "role"):
            found = {entity[f"{kind.title()}Name"]: entity for entity in details[f"{kind.title()}DetailList"]}
            assert found.keys() == {name for of, name in self.entities if of == kind}
            assert summary[f"{kind.title()}s"] == len(found)
            for name, entity in found.items():
                has = self.entities[kind, name]
                assert {policy["PolicyArn"] for policy in entity["AttachedManagedPolicies"]} == has["attached"]
                inline = entity.get(f"{kind.title()}PolicyList", [])
                assert {policy["PolicyName"] for policy in inline} == has["inline"]
                assert set(entity.get("GroupList", [])) == has["groups"]
        used = {arn for arn in (*self.policies, AWS_POLICY) if self._uses(arn, "user", "group", "role")}
        bounding = {arn for arn in (*self.policies, AWS_POLICY) if self._bounded(arn)}
        assert {policy["Arn"] for policy in details["Policies"]} == self.policies | used | bounding
        assert summary["Policies"] == len(self.policies)
        assert summary["InstanceProfiles"] == len(self.profiles)

    def teardown(self) -> None:
        for (kind, name), has in self.entities.items():
            named = {f"{kind.title()}Name": name}
            attached = getattr(self.iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]
            assert {policy["PolicyArn"] for policy in attached} == has["attached"]
            assert set(getattr(self.iam, f"list_{kind}_policies")(**named)["PolicyNames"]) == has["inline"]
            if kind == "user":
                groups = self.iam.list_groups_for_user(UserName=name)["Groups"]
                assert {group["GroupName"] for group in groups} == has["groups"]
            if kind == "group":
                members = {user["UserName"] for user in self.iam.get_group(GroupName=name)["Users"]}
                users = {key[1] for key, other in self.entities.items() if name in other["groups"]}
                assert members == users
        for name, role in self.profiles.items():
            profile = self.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
            assert [held["RoleName"] for held in profile["Roles"]] == ([] if role is None else [role])
        self._empty_the_account()

    def _empty_the_account(self) -> None:
        """Delete everything through the API, which must be possible whatever happened before."""
        iam = self.iam
        for profile in iam.list_instance_profiles()["InstanceProfiles"]:
            name = profile["InstanceProfileName"]
            for role in profile["Roles"]:
                iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
            iam.delete_instance_profile(InstanceProfileName=name)
        for group in iam.list_groups()["Groups"]:
            for user in iam.get_group(GroupName=group["GroupName"])["Users"]:
                iam.remove_user_from_group(GroupName=group["GroupName"], UserName=user["UserName"])
        for kind in ("user", "group", "role"):
            for entity in getattr(iam, f"list_{kind}s")()[f"{kind.title()}s"]:
                named = {f"{kind.title()}Name": entity[f"{kind.title()}Name"]}
                for policy in getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]:
                    getattr(iam, f"detach_{kind}_policy")(PolicyArn=policy["PolicyArn"], **named)
                for inline in getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]:
                    getattr(iam, f"delete_{kind}_policy")(PolicyName=inline, **named)
                getattr(iam, f"delete_{kind}")(**named)
        for policy in iam.list_policies(Scope="Local")["Policies"]:
            iam.delete_policy(PolicyArn=policy["Arn"])


def test_nothing_dangles_and_counts_are_true(client: Callable[..., Any], account: str) -> None:
    class OfThisTest(Account):
        iam = client("iam", {"AccessKeyId": account, "SecretAccessKey": "test"})
        number = account

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OfThisTest,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
