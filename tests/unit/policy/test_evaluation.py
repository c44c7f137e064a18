"""The evaluation logic: which policies have to allow, for whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloudward_policy import (
    AttachedPolicy,
    Decision,
    PolicyKind,
    PolicySet,
    Position,
    Principal,
    PrincipalKind,
    Request,
    evaluate,
    explain,
)
from tests.unit.policy.build import (
    ACCOUNT,
    ANONYMOUS,
    BUCKET,
    FEDERATED,
    OTHER_ACCOUNT,
    ROLE_ARN,
    ROOT,
    SERVICE,
    SESSION,
    USER,
    allow,
    deny,
    level,
    policy,
    request,
)

NO: dict[str, Any] = {"Effect": "Allow", "Action": "none:Thing", "Resource": "*"}
ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitDeny", "explicitDeny"


def decide(asked: Request, policies: PolicySet) -> Decision:
    decision = evaluate(asked, policies)
    assert explain(asked, policies).outcome == decision.outcome
    return decision


def verdict(asked: Request, policies: PolicySet) -> tuple[str, PolicyKind | None]:
    decision = decide(asked, policies)
    return decision.outcome.value, decision.kind


def resource(*statements: dict[str, Any], kind: PolicyKind = PolicyKind.RESOURCE) -> tuple[AttachedPolicy, ...]:
    return (policy(*statements, kind=kind),)


def test_nothing_is_allowed_by_default():
    assert verdict(request(), PolicySet()) == (IMPLICIT, PolicyKind.IDENTITY)
    assert verdict(request(ROOT), PolicySet()) == (ALLOWED, None)


def test_actions_match_without_regard_to_case_and_resources_with():
    policies = PolicySet(identity=(policy(allow(Action="S3:getobject", Resource=BUCKET)),))
    assert decide(request(action="s3:GetObject"), policies).allowed
    assert not decide(request(resource=BUCKET.upper()), policies).allowed


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:getsessiontoken"])
def test_some_calls_no_policy_can_deny(action: str):
    denied = PolicySet(identity=(policy(deny(Action="*")),))
    assert decide(request(action=action, resource="*"), denied).allowed
    assert not decide(request(action="sts:AssumeRole"), denied).allowed


def test_an_action_without_resource_needs_a_star():
    assert not decide(request(resource="*"), PolicySet(identity=(policy(allow(Resource=BUCKET)),))).allowed
    assert decide(request(resource="*"), PolicySet(identity=(policy(allow()),))).allowed
    assert decide(
        request(resource="*"), PolicySet(identity=(policy({"Effect": "Allow", "Action": "*", "NotResource": BUCKET}),))
    ).allowed


def test_not_action_and_not_resource():
    statement = {"Effect": "Allow", "NotAction": ["iam:*"], "NotResource": [BUCKET]}
    policies = PolicySet(identity=(policy(statement),))
    assert decide(request(resource=BUCKET + "2"), policies).allowed
    assert not decide(request(), policies).allowed
    assert not decide(request(action="iam:GetUser", resource="*"), policies).allowed


def test_an_explicit_deny_wins_and_names_its_statement():
    policies = PolicySet(identity=(policy(allow(), name="a"), policy(allow(), deny(Sid="No"), name="b")))
    decision = decide(request(), policies)
    assert (decision.outcome, decision.kind) == (EXPLICIT, PolicyKind.IDENTITY)
    (ref,) = decision.determining
    assert (ref.policy.name, ref.index, ref.sid, ref.effect) == ("b", 1, "No", "Deny")
    assert ref.start == Position(9, 5)


KINDS = [
    ("rcps", PolicyKind.RCP),
    ("scps", PolicyKind.SCP),
    ("vpc_endpoint", PolicyKind.VPC_ENDPOINT),
    ("resource", PolicyKind.RESOURCE),
    ("identity", PolicyKind.IDENTITY),
    ("boundary", PolicyKind.BOUNDARY),
    ("session", PolicyKind.SESSION),
]
WITH_PRINCIPAL = (PolicyKind.RCP, PolicyKind.RESOURCE, PolicyKind.VPC_ENDPOINT)


def everything(**replaced: dict[str, Any]) -> PolicySet:
    """A set with a policy of every kind, each allowing all unless replaced."""
    made: dict[str, Any] = {}
    for name, kind in KINDS:
        principal = {"Principal": "*"} if kind in WITH_PRINCIPAL else {}
        # The account as principal grants nothing past the other policies.
        if kind is PolicyKind.RESOURCE:
            principal = {"Principal": {"AWS": ACCOUNT}}
        attached = policy({**allow(), **principal, **replaced.get(name, {})}, kind=kind)
        made[name] = attached if name == "boundary" else ((attached,),) if name.endswith("cps") else (attached,)
    return PolicySet(**made)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_every_kind_can_deny_and_is_named(name: str, kind: PolicyKind):
    assert verdict(request(SESSION), everything()) == (ALLOWED, PolicyKind.IDENTITY)
    assert verdict(request(SESSION), everything(**{name: {"Effect": "Deny"}})) == (EXPLICIT, kind)


@pytest.mark.parametrize(("name", "kind"), [pair for pair in KINDS if pair[0] != "resource"])
def test_every_kind_but_the_resources_own_has_to_allow(name: str, kind: PolicyKind):
    assert verdict(request(SESSION), everything(**{name: {"Action": "none:Thing"}})) == (IMPLICIT, kind)


def test_one_kind_is_named_when_several_deny():
    both = everything(scps={"Effect": "Deny"}, identity={"Effect": "Deny"})
    decision = decide(request(SESSION), both)
    assert decision.kind is PolicyKind.SCP
    assert [ref.kind for ref in decision.determining] == [PolicyKind.SCP, PolicyKind.IDENTITY]


@pytest.mark.parametrize(("name", "kind"), [("scps", PolicyKind.SCP), ("rcps", PolicyKind.RCP)])
def test_every_level_of_the_organization_has_to_allow(name: str, kind: PolicyKind):
    full = {**allow(), **({"Principal": "*"} if kind is PolicyKind.RCP else {})}
    identity = (policy(allow()),)

    def levels(*wanted: tuple[AttachedPolicy, ...]) -> PolicySet:
        return PolicySet(identity=identity, **{name: wanted})

    yes, no = level(full, kind=kind), level({**full, "Action": "none:Thing"}, kind=kind)
    assert verdict(request(), levels(yes, yes, yes)) == (ALLOWED, PolicyKind.IDENTITY)
    for refused in ((no, yes, yes), (yes, no, yes), (yes, yes, no), (yes, (), yes)):
        assert verdict(request(), levels(*refused)) == (IMPLICIT, kind)
    assert verdict(request(), levels((*no, *yes), yes)) == (ALLOWED, PolicyKind.IDENTITY)


def test_who_is_exempt_from_organization_policies():
    no = PolicySet(identity=(policy(allow()),), scps=(level(deny()),), resource=resource(allow(Principal="*")))
    rcp = PolicySet(
        identity=(policy(allow()),),
        rcps=(level(deny(Principal="*"), kind=PolicyKind.RCP),),
        resource=resource(allow(Principal="*")),
    )
    linked = Principal(PrincipalKind.ROLE_SESSION, SESSION.arn, ACCOUNT, role_arn=ROLE_ARN, service_linked=True)
    assert decide(request(linked), no).allowed
    assert decide(request(linked), rcp).allowed
    assert decide(request(management_account=True), no).allowed
    assert decide(request(resource_management_account=True), rcp).allowed
    assert not decide(request(management_account=True), rcp).allowed
    # SCPs restrict an account's principals, the root user among them; RCPs restrict whoever comes.
    assert not decide(request(ROOT), no).allowed
    assert decide(request(SERVICE), no).allowed
    assert not decide(request(SERVICE), rcp).allowed
    assert decide(request(ANONYMOUS), no).allowed
    assert not decide(request(ANONYMOUS), rcp).allowed


def test_scp_and_boundary_are_reported_on_their_own():
    decision = decide(request(), PolicySet(boundary=policy(allow()), scps=(level(NO),)))
    assert (decision.boundary_allows, decision.scp_allows) == (True, False)
    decision = decide(request(), PolicySet(boundary=policy(deny()), scps=(level(allow()),)))
    assert (decision.boundary_allows, decision.scp_allows) == (False, True)
    decision = decide(request(), PolicySet(identity=(policy(allow()),)))
    assert (decision.boundary_allows, decision.scp_allows) == (None, None)


# Rows of "How AWS enforcement code logic evaluates requests", "Resource-based policies": what a grant in the same
# account goes past: implicit denies of identity-based policies, of a boundary, of a session policy.
GRANTS = [
    (USER, {"AWS": USER.arn}, True, True, True),
    (USER, {"AWS": ACCOUNT}, False, False, False),
    (USER, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False, False, False),
    (USER, "*", True, True, True),
    (USER, {"AWS": "*"}, True, True, True),
    (USER, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/eve"}, False, False, False),
    (SESSION, {"AWS": ROLE_ARN}, True, False, False),
    (SESSION, {"AWS": SESSION.arn}, True, True, True),
    (SESSION, {"AWS": ACCOUNT}, False, False, False),
    (SESSION, "*", True, True, True),
    (FEDERATED, {"AWS": FEDERATED.arn}, True, True, True),
    (FEDERATED, {"AWS": USER.arn}, True, False, False),
    (FEDERATED, {"AWS": ACCOUNT}, False, False, False),
]


@pytest.mark.parametrize(("caller", "principal", "identity", "boundary", "session"), GRANTS)
def test_what_a_grant_in_the_same_account_goes_past(
    caller: Principal, principal: object, identity: bool, boundary: bool, session: bool
):
    granted = resource(allow(Principal=principal))
    yes, no = policy(allow()), policy(NO)
    sessions = {} if caller.kind is PrincipalKind.USER else {"session": (yes,)}
    assert decide(request(caller), PolicySet(resource=granted, **sessions)).allowed is identity
    limited = PolicySet(identity=(yes,), boundary=no, resource=granted, **sessions)
    assert decide(request(caller), limited).allowed is boundary
    limited = PolicySet(identity=(yes,), session=(no,), resource=granted)
    assert decide(request(caller), limited).allowed is session


def test_a_grant_past_a_session_policy_is_the_resources():
    granted = resource(allow(Principal={"AWS": SESSION.arn}))
    decision = decide(request(SESSION), PolicySet(identity=(policy(allow()),), session=(policy(NO),), resource=granted))
    assert (decision.kind, [ref.kind for ref in decision.determining]) == (PolicyKind.RESOURCE, [PolicyKind.RESOURCE])


def test_rcps_do_not_restrict_retiring_grants():
    rcp = (level(deny(Principal="*", Action="*"), kind=PolicyKind.RCP),)
    identity = (policy(allow(Action="*")),)
    assert decide(request(action="kms:RetireGrant"), PolicySet(identity=identity, rcps=rcp)).allowed
    assert not decide(request(action="kms:CreateGrant"), PolicySet(identity=identity, rcps=rcp)).allowed


def test_unique_ids_stand_for_users_and_roles():
    bounded = {"boundary": policy(NO), "resource": resource(allow(Principal={"AWS": "AXXX"}))}
    user = replace(USER, unique_id="AXXX")
    role = replace(SESSION, unique_id="AXXX")
    assert decide(request(user), PolicySet(**bounded)).allowed
    assert verdict(request(role), PolicySet(**bounded)) == (IMPLICIT, PolicyKind.BOUNDARY)
    assert not decide(request(USER), PolicySet(**bounded)).allowed


def test_a_federated_user_without_session_policies_has_what_resources_grant_to_it():
    identity = (policy(allow()),)
    assert verdict(request(FEDERATED), PolicySet(identity=identity)) == (IMPLICIT, PolicyKind.SESSION)
    granted = resource(allow(Principal={"AWS": FEDERATED.arn}))
    assert verdict(request(FEDERATED), PolicySet(resource=granted)) == (ALLOWED, PolicyKind.RESOURCE)


@pytest.mark.parametrize("caller", [USER, SESSION, ROOT])
@pytest.mark.parametrize("named", ["account", "self", "everyone"])
def test_across_accounts_both_sides_have_to_allow(caller: Principal, named: str):
    principal = {"account": {"AWS": ACCOUNT}, "self": {"AWS": caller.role_arn or caller.arn}, "everyone": "*"}[named]
    asked = request(caller, resource_account=OTHER_ACCOUNT)
    yes, granted = (policy(allow()),), resource(allow(Principal=principal))
    assert decide(asked, PolicySet(identity=yes, resource=granted)).allowed
    assert verdict(asked, PolicySet(identity=yes)) == (IMPLICIT, PolicyKind.RESOURCE)
    if caller is ROOT:
        assert decide(asked, PolicySet(resource=granted)).allowed
    else:
        assert verdict(asked, PolicySet(resource=granted)) == (IMPLICIT, PolicyKind.IDENTITY)
        limited = PolicySet(identity=yes, boundary=policy(NO), resource=granted)
        assert verdict(asked, limited) == (IMPLICIT, PolicyKind.BOUNDARY)


@pytest.mark.parametrize(("kind", "action"), [(PolicyKind.TRUST, "sts:AssumeRole"), (PolicyKind.KEY, "kms:Decrypt")])
def test_trust_and_key_policies_have_to_allow_in_any_case(kind: PolicyKind, action: str):
    def own(principal: object) -> tuple[AttachedPolicy, ...]:
        where = {} if kind is PolicyKind.TRUST else {"Resource": "*"}
        return (policy({"Effect": "Allow", "Action": action, "Principal": principal, **where}, kind=kind),)

    identity = (policy(allow(Action=action)),)

    def ask(caller: Principal = USER, **fields: Any) -> tuple[str, PolicyKind | None]:
        return verdict(request(caller, action, ROLE_ARN), PolicySet(resource_kind=kind, **fields))

    assert ask(identity=identity) == (IMPLICIT, kind)
    assert ask(identity=identity, resource=own({"AWS": ACCOUNT})) == (ALLOWED, PolicyKind.IDENTITY)
    assert ask(resource=own({"AWS": ACCOUNT})) == (IMPLICIT, PolicyKind.IDENTITY)
    assert ask(resource=own({"AWS": USER.arn})) == (ALLOWED, kind)
    assert ask(identity=identity, resource=own({"AWS": ROLE_ARN})) == (IMPLICIT, kind)
    assert ask(ROOT) == (IMPLICIT, kind)
    assert ask(ROOT, resource=own({"AWS": ACCOUNT})) == (ALLOWED, kind)
    assert ask(SERVICE, resource=own({"Service": "sns.amazonaws.com"})) == (ALLOWED, kind)


@pytest.mark.parametrize(
    ("caller", "principal", "expected"),
    [
        (SERVICE, {"Service": "sns.amazonaws.com"}, True),
        (SERVICE, {"Service": "sqs.amazonaws.com"}, False),
        (SERVICE, "*", True),
        (SERVICE, {"AWS": ACCOUNT}, False),
        (ANONYMOUS, "*", True),
        (ANONYMOUS, {"AWS": "*"}, True),
        (ANONYMOUS, {"Service": "*"}, False),
        (Principal(PrincipalKind.SAML, "arn:aws:iam::1:saml-provider/x", ""), {"AWS": "1"}, False),
        (
            Principal(PrincipalKind.WEB_IDENTITY, "accounts.google.com", ""),
            {"Federated": ["accounts.google.com"]},
            True,
        ),
        (Principal(PrincipalKind.ROOT, ROOT.arn, ACCOUNT, canonical_id="c"), {"CanonicalUser": "c"}, True),
        (Principal(PrincipalKind.USER, USER.arn, ACCOUNT, canonical_id="c"), {"CanonicalUser": "c"}, False),
    ],
)
def test_callers_that_only_the_resource_can_allow(caller: Principal, principal: object, expected: bool):
    asked = request(caller, resource_account=ACCOUNT)
    policies = PolicySet(resource=resource(allow(Principal=principal)))
    assert decide(asked, policies).allowed is (expected or caller.kind is PrincipalKind.ROOT)
    denied = PolicySet(resource=resource(allow(Principal="*"), deny(Principal=principal)))
    hit = expected or caller.canonical_id is not None
    assert decide(asked, denied).allowed is not hit


def test_the_root_user_obeys_resource_policies_and_sessions_of_root():
    assert not decide(request(ROOT), PolicySet(resource=resource(deny(Principal="*")))).allowed
    assert not decide(request(ROOT), PolicySet(session=(policy(NO),))).allowed
    # It can have no policies of its own; a deny given all the same is not ignored.
    assert decide(request(ROOT), PolicySet(boundary=policy(NO), identity=(policy(NO),))).allowed
    assert not decide(request(ROOT), PolicySet(boundary=policy(deny()))).allowed


@pytest.mark.parametrize(
    ("caller", "listed", "spared"),
    [
        (USER, [USER.arn, f"arn:aws:iam::{ACCOUNT}:root"], True),
        (USER, [USER.arn, ACCOUNT], True),
        (USER, [USER.arn], False),
        (USER, [ACCOUNT], False),
        (SESSION, [SESSION.arn, ROLE_ARN, ACCOUNT], True),
        (SESSION, [ROLE_ARN, ACCOUNT], False),
        (ROOT, [ACCOUNT], True),
        (USER, [OTHER_ACCOUNT], False),
    ],
)
def test_a_deny_with_not_principal_spares_who_is_listed_in_full(caller: Principal, listed: list[str], spared: bool):
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": listed}}
    policies = PolicySet(identity=(policy(allow()),), resource=resource(statement))
    assert decide(request(caller), policies).allowed is spared
    # Whoever has a permissions boundary is denied whatever is listed.
    bounded = PolicySet(identity=(policy(allow()),), boundary=policy(allow()), resource=resource(statement))
    assert decide(request(caller), bounded).allowed is (spared and caller is ROOT)


def test_not_principal_cannot_allow():
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": OTHER_ACCOUNT}}
    decision = decide(request(), PolicySet(resource=resource(statement)))
    assert not decision.allowed
    assert "NotPrincipal" in decision.errors[0].message


def test_variables_in_resources():
    own = allow(Resource="arn:aws:s3:::home/${aws:username}/*")
    policies = PolicySet(identity=(policy(own),))
    bob = {"aws:username": "bob"}
    assert decide(request(resource="arn:aws:s3:::home/bob/x", context=bob), policies).allowed
    assert not decide(request(resource="arn:aws:s3:::home/eve/x", context=bob), policies).allowed
    decision = decide(request(resource="arn:aws:s3:::home/bob/x"), policies)
    assert not decision.allowed
    assert decision.missing_context == ("aws:username",)
    old = PolicySet(identity=(policy(own, version="2008-10-17"),))
    assert not decide(request(resource="arn:aws:s3:::home/bob/x", context=bob), old).allowed
    everywhere = PolicySet(identity=(policy(allow(Resource="arn:aws:s3:${aws:region}:1:x")),))
    decision = decide(request(resource="arn:aws:s3:r:1:x", context={"aws:region": "r"}), everywhere)
    assert not decision.allowed
    assert "fifth colon" in decision.errors[0].message


def test_incomplete_arns_are_completed_in_identity_based_policies_only():
    assert decide(request(), PolicySet(identity=(policy(allow(Resource="arn:aws:s3")),))).allowed
    session = policy(allow(Resource="arn:aws:s3"), kind=PolicyKind.SESSION)
    decision = decide(request(SESSION), PolicySet(identity=(policy(allow()),), session=(session,)))
    assert verdict(request(SESSION), PolicySet(identity=(policy(allow()),), session=(session,))) == (
        IMPLICIT,
        PolicyKind.SESSION,
    )
    assert "arn:aws:s3" in decision.errors[0].message


@pytest.mark.parametrize(
    "fields",
    [
        {"Effect": "allow"},
        {"Effect": None},
        {"Principal": "*"},
        {"Action": None},
        {"Action": ["s3:*", 1]},
        {"Resource": "bucket"},
        {"Resource": ["*", "bucket"]},
        {"Resource": None},
        {"Comment": "x"},
        {"NotAction": "s3:*"},
        {"Condition": []},
    ],
)
def test_what_cannot_be_read_never_allows_and_is_reported(fields: dict[str, Any]):
    broken = {name: value for name, value in {**allow(), **fields}.items() if value is not None}
    decision = decide(request(), PolicySet(identity=(policy(broken),)))
    assert decision.outcome == IMPLICIT
    assert decision.errors
    assert decision.errors[0].position is not None
    # The same in a Deny counts as matching, so that a broken deny lets nothing through.
    if "Effect" not in fields:
        decision = decide(request(), PolicySet(identity=(policy(allow(), {**broken, "Effect": "Deny"}),)))
        assert decision.outcome == EXPLICIT


def test_a_document_with_problems_denies_but_never_allows():
    for document in (policy(allow(), version="2020-01-01"), policy(allow(), allow(), version="2020-01-01")):
        assert not decide(request(), PolicySet(identity=(document,))).allowed
    assert decide(request(), PolicySet(identity=(policy(allow()), policy(deny(), version="x")))).outcome == EXPLICIT


def test_explanations_name_the_first_element_that_did_not_match():
    statements = [
        allow(Action="iam:*"),
        allow(Resource="arn:aws:s3:::other"),
        allow(Condition={"StringEquals": {"aws:username": "${aws:userid}"}, "Bool": {"aws:SecureTransport": "true"}}),
    ]
    asked = request(context={"aws:username": "bob", "aws:userid": "AIDA"})
    decision = explain(asked, PolicySet(identity=(policy(*statements),)))
    assert [(each.element, each.expected, each.actual) for each in decision.mismatches] == [
        ("Action", ("iam:*",), "s3:GetObject"),
        ("Resource", ("arn:aws:s3:::other",), BUCKET),
        ("Condition", ("AIDA",), "bob"),
    ]
    results = decision.mismatches[2].conditions
    assert [(result.key, result.actual, result.matched) for result in results] == [
        ("aws:username", "bob", False),
        ("aws:SecureTransport", None, False),
    ]
    assert decision.missing_context == ("aws:SecureTransport",)
    trusted = explain(request(), PolicySet(resource=resource(allow(Principal={"Service": "sns.amazonaws.com"}))))
    assert trusted.mismatches[0].element == "Principal"
    assert trusted.mismatches[0].expected == ("Service: sns.amazonaws.com",)


def test_conditions_of_the_deciding_statements_are_shown():
    granted = allow(Condition={"StringLike": {"aws:username": "b*"}})
    decision = explain(request(context={"aws:username": "bob"}), PolicySet(identity=(policy(granted),)))
    assert [(result.operator, result.expected, result.matched) for result in decision.conditions] == [
        ("StringLike", ("b*",), True)
    ]


def test_the_memory_of_past_decisions_is_bounded():
    attached = policy(allow(Resource="arn:aws:s3:::a*"))
    policies = PolicySet(identity=(attached,))
    for number in range(5000):
        assert not evaluate(request(resource=f"arn:aws:s3:::{number}"), policies).allowed
    assert evaluate(request(resource="arn:aws:s3:::a1"), policies).allowed
    assert attached.policy.remembered <= 2048
