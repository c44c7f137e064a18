"""The policy simulator, through boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.iam.expect import TRUST, refused, text

BUCKET = "arn:aws:s3:::reports"
OTHER_ACCOUNT = "999999999999"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def custom(iam: Any, *policies: str, actions: list[str], **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = iam.simulate_custom_policy(
        PolicyInputList=list(policies), ActionNames=actions, **more
    )["EvaluationResults"]
    return found


def decision(iam: Any, *policies: str, action: str, **more: Any) -> str:
    return str(custom(iam, *policies, actions=[action], **more)[0]["EvalDecision"])


def principal(iam: Any, arn: str, *actions: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions), **more)[
        "EvaluationResults"
    ]
    return found


def entry(name: str, *values: str, kind: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"ContextKeyName": name, "ContextKeyValues": list(values)}
    return found if kind is None else {**found, "ContextKeyType": kind}


def cut(document: str, statement: dict[str, Any]) -> str:
    """Return the part of a document that a matched statement's positions enclose."""
    lines = document.split("\n")
    start, end = statement["StartPosition"], statement["EndPosition"]
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    return document[offsets[start["Line"] - 1] + start["Column"] - 1 : offsets[end["Line"] - 1] + end["Column"] - 1]


def test_one_result_an_action_with_the_strictest_decision(iam: Any) -> None:
    document = policy(allow("s3:GetObject", f"{BUCKET}/*"), deny("s3:GetObject", f"{BUCKET}/secret"))
    resources = [f"{BUCKET}/a", f"{BUCKET}/secret", "arn:aws:s3:::other/a"]
    get, put = custom(iam, document, actions=["s3:GetObject", "s3:PutObject"], ResourceArns=resources)
    assert get["EvalActionName"] == "s3:GetObject"
    assert get["EvalDecision"] == "explicitDeny"
    assert get["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    each = {found["EvalResourceName"]: found["EvalResourceDecision"] for found in get["ResourceSpecificResults"]}
    assert each == dict(zip(resources, ["allowed", "explicitDeny", "implicitDeny"], strict=True))
    assert json.loads(cut(document, get["MatchedStatements"][0]))["Effect"] == "Deny"
    assert len(get["MatchedStatements"]) == 1
    assert put["EvalDecision"] == "implicitDeny"
    assert put["MatchedStatements"] == []


def test_without_resources_there_is_one_decision(iam: Any) -> None:
    (found,) = custom(iam, policy(allow("sqs:ListQueues")), actions=["sqs:ListQueues"])
    assert found["EvalDecision"] == "allowed"
    assert found["EvalResourceName"] == "*"
    assert "ResourceSpecificResults" not in found
    assert "EvalDecisionDetails" not in found


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_positions_enclose_the_statement(iam: Any, indent: int | None) -> None:
    statements = [allow("sqs:*"), allow(["s3:Get*", "s3:List*"]), allow("s3:GetObject", Sid="Third")]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=indent)
    (found,) = custom(iam, policy(deny("ec2:*")), document, actions=["s3:GetObject"])
    assert [json.loads(cut(document, one)) for one in found["MatchedStatements"]] == statements[1:]
    assert {one["SourcePolicyId"] for one in found["MatchedStatements"]} == {"PolicyInputList.2"}
    assert {one["SourcePolicyType"] for one in found["MatchedStatements"]} == {"IAM Policy"}


def test_missing_context_values(iam: Any) -> None:
    document = policy(
        allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        allow("ec2:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )
    (found,) = custom(iam, document, actions=["s3:GetObject"])
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("implicitDeny", ["aws:SourceIp"])
    inside = [entry("aws:sourceip", "10.1.2.3", kind="ip")]
    (found,) = custom(iam, document, actions=["s3:GetObject"], ContextEntries=inside)
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"StringEquals": {"a:key": "x"}}, entry("a:key", "x", kind="string"), "allowed"),
        ({"ForAnyValue:StringEquals": {"a:key": "x"}}, entry("a:key", "y", "x", kind="stringList"), "allowed"),
        ({"ForAllValues:StringEquals": {"a:key": "x"}}, entry("a:key", "y", "x"), "implicitDeny"),
        ({"NumericLessThan": {"a:key": "10"}}, entry("a:key", "9.5", kind="numeric"), "allowed"),
        ({"ForAnyValue:NumericEquals": {"a:key": "3"}}, entry("a:key", "1", "3", kind="numericList"), "allowed"),
        ({"Bool": {"a:key": "true"}}, entry("a:key", "TRUE", kind="boolean"), "allowed"),
        ({"ForAnyValue:Bool": {"a:key": "true"}}, entry("a:key", "false", kind="booleanList"), "implicitDeny"),
        ({"IpAddress": {"a:key": "2001:db8::/32"}}, entry("a:key", "2001:db8::1", kind="ip"), "allowed"),
        ({"ForAnyValue:IpAddress": {"a:key": "10.0.0.0/8"}}, entry("a:key", "10.0.0.1", kind="ipList"), "allowed"),
        ({"BinaryEquals": {"a:key": "AQI="}}, entry("a:key", "AQI=", kind="binary"), "allowed"),
        ({"ForAnyValue:BinaryEquals": {"a:key": "AQI="}}, entry("a:key", "AQI=", kind="binaryList"), "allowed"),
        ({"DateLessThan": {"a:key": "2030-01-01"}}, entry("a:key", "2026-05-06T07:08:09Z", kind="date"), "allowed"),
        ({"ForAnyValue:DateEquals": {"a:key": "2030-01-01"}}, entry("a:key", "2030-01-01", kind="dateList"), "allowed"),
    ],
)
def test_context_entry_types(iam: Any, condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    document = policy(allow("s3:GetObject", Condition=condition))
    assert decision(iam, document, action="s3:GetObject", ContextEntries=[given]) == expected


@pytest.mark.parametrize(
    "given",
    [
        entry("a:key", "ten", kind="numeric"),
        entry("a:key", "yes", kind="boolean"),
        entry("a:key", "10.0.0.300", kind="ip"),
        entry("a:key", "tomorrow", kind="dateList"),
        entry("a:key", "?", kind="binary"),
        entry("a:key", "x", "y", kind="string"),
        entry("nocolon", "x"),
    ],
)
def test_context_entries_that_cannot_be_used(iam: Any, given: dict[str, Any]) -> None:
    with refused("InvalidInput", status=400):
        custom(iam, policy(allow("*")), actions=["s3:GetObject"], ContextEntries=[given])


def test_permissions_boundary_detail(iam: Any) -> None:
    identity, boundary = policy(allow("s3:*")), policy(allow("s3:Get*", f"{BUCKET}/*"))
    (found,) = custom(
        iam,
        identity,
        actions=["s3:GetObject"],
        ResourceArns=[f"{BUCKET}/a", "arn:aws:s3:::other/a"],
        PermissionsBoundaryPolicyInputList=[boundary],
    )
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    inside, outside = found["ResourceSpecificResults"]
    assert inside["EvalResourceDecision"] == "allowed"
    assert inside["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert outside["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    with refused("InvalidInput"):
        custom(
            iam, identity, actions=["s3:GetObject"], PermissionsBoundaryPolicyInputList=[boundary, policy(allow("*"))]
        )


def test_every_level_of_the_organization_must_allow(iam: Any) -> None:
    document = policy(allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))

    def levels(*documents: str) -> list[dict[str, Any]]:
        return [{"ServiceControlPolicyInputList": [document]} for document in documents]

    everything = policy(allow("*"))
    region = [entry("aws:RequestedRegion", "eu-west-1")]
    scp = policy(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))
    for given, allowed in ((levels(everything, everything), True), (levels(everything, scp), False)):
        (found,) = custom(
            iam,
            document,
            actions=["s3:GetObject"],
            ContextEntries=region,
            OrderedOrganizationPolicyInputList=given,
        )
        assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": allowed}
        assert found["EvalDecision"] == ("allowed" if allowed else "implicitDeny")
        # Neither statements nor keys of SCPs are told.
        assert {one["SourcePolicyId"] for one in found["MatchedStatements"]} <= {"PolicyInputList.1"}
        assert found["MissingContextValues"] == []
    (found,) = custom(
        iam,
        document,
        actions=["s3:GetObject"],
        OrderedOrganizationPolicyInputList=levels(policy(allow("*"), deny("s3:*"))),
    )
    assert found["EvalDecision"] == "explicitDeny"
    assert found["MatchedStatements"] == []


def test_resource_policy_in_the_same_account(iam: Any, account: str) -> None:
    bob = f"arn:aws:iam::{account}:user/bob"
    bucket_policy = policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": bob}})
    (found,) = custom(
        iam,
        policy(allow("sqs:*")),
        actions=["s3:GetObject"],
        ResourceArns=[f"{BUCKET}/a"],
        ResourcePolicy=bucket_policy,
        CallerArn=bob,
    )
    assert found["EvalDecision"] == "allowed"
    (matched,) = found["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("ResourcePolicy", "Resource Policy")
    assert json.loads(cut(bucket_policy, matched))["Principal"] == {"AWS": bob}
    assert found["EvalDecisionDetails"] == {}
    alice = f"arn:aws:iam::{account}:user/alice"
    for caller, expected in ((alice, "implicitDeny"), (bob, "allowed")):
        found_decision = decision(
            iam,
            policy(allow("sqs:*")),
            action="s3:GetObject",
            ResourceArns=[f"{BUCKET}/a"],
            ResourcePolicy=bucket_policy,
            CallerArn=caller,
        )
        assert found_decision == expected


@pytest.mark.parametrize(
    ("identity", "resource", "expected"),
    [(True, True, "allowed"), (True, False, "implicitDeny"), (False, True, "implicitDeny")],
)
def test_across_accounts_both_sides_must_allow(
    iam: Any, account: str, identity: bool, resource: bool, expected: str
) -> None:
    bob = f"arn:aws:iam::{account}:user/bob"
    given = policy(allow("s3:GetObject" if identity else "s3:PutObject"))
    action = "s3:GetObject" if resource else "s3:PutObject"
    (found,) = custom(
        iam,
        given,
        actions=["s3:GetObject"],
        ResourceArns=[f"{BUCKET}/a"],
        ResourcePolicy=policy({**allow(action, f"{BUCKET}/*"), "Principal": {"AWS": bob}}),
        ResourceOwner=f"arn:aws:iam::{OTHER_ACCOUNT}:root",
        CallerArn=bob,
        PermissionsBoundaryPolicyInputList=[policy(allow("*"))],
    )
    assert found["EvalDecision"] == expected
    sides = {True: "allowed", False: "implicitDeny"}
    details = {
        "IAM Policy": sides[identity],
        "Resource Policy": sides[resource],
        "Permissions Boundary Policy": "allowed",
    }
    assert found["EvalDecisionDetails"] == details
    assert found["ResourceSpecificResults"][0]["EvalDecisionDetails"] == details


def test_errors_of_the_input(iam: Any, account: str) -> None:
    everything = policy(allow("*"))
    with refused("InvalidInput", "ResourceNames are not in a valid ARN format: queue."):
        custom(iam, everything, actions=["s3:GetObject"], ResourceArns=["queue"])
    with refused("InvalidInput", "Invalid action name: s3:Get*"):
        custom(iam, everything, actions=["s3:Get*"])
    with refused("InvalidInput", "'me' is not a valid as a Resource Owner."):
        custom(iam, everything, actions=["s3:GetObject"], ResourceOwner="me")
    session = f"arn:aws:sts::{account}:assumed-role/app/me"
    with refused("InvalidInput", f"Invalid Entity Arn: {session} does not clearly define entity type and name."):
        custom(iam, everything, actions=["s3:GetObject"], CallerArn=session)
    with refused("InvalidInput", "Invalid caller - Caller must be an IAM user in this context."):
        custom(
            iam,
            everything,
            actions=["s3:GetObject"],
            CallerArn=f"arn:aws:iam::{account}:role/app",
            ResourcePolicy=policy({**allow("s3:*"), "Principal": "*"}),
        )
    with refused("InvalidInput"):
        custom(iam, everything, '{"Version": "2012-10-17"}', actions=["s3:GetObject"])
    with refused("InvalidInput"):
        custom(iam, everything, "no policy at all", actions=["s3:GetObject"])
    with refused("InvalidInput"):
        custom(iam, everything, actions=["ec2:RunInstances"], ResourceHandlingOption="EC2-Moon")
    with refused("InvalidInput"):
        custom(
            iam,
            everything,
            actions=["s3:GetObject"],
            ResourceArns=["arn:aws:s3:::elsewhere/x"],
            CallerArn=f"arn:aws:iam::{account}:user/bob",
            ResourcePolicy=policy({**allow("s3:*", f"{BUCKET}/*"), "Principal": "*"}),
        )


EC2 = {
    kind: f"arn:aws:ec2:us-east-1:123456789012:{kind}/{name}"
    for kind, name in {
        "instance": "i-1",
        "image": "ami-1",
        "security-group": "sg-1",
        "network-interface": "eni-1",
        "volume": "vol-1",
        "subnet": "subnet-1",
    }.items()
}


@pytest.mark.parametrize(
    ("option", "missing"),
    [
        ("EC2-VPC-InstanceStore", "network-interface"),
        ("EC2-VPC-InstanceStore-Subnet", "subnet"),
        ("EC2-VPC-EBS", "volume"),
        ("EC2-VPC-EBS-Subnet", "image"),
    ],
)
def test_scenarios_need_their_resources(iam: Any, option: str, missing: str) -> None:
    document = policy(allow("ec2:RunInstances"))
    (found,) = custom(
        iam,
        document,
        actions=["ec2:RunInstances"],
        ResourceArns=list(EC2.values()),
        ResourceHandlingOption=option,
    )
    assert found["EvalDecision"] == "allowed"
    assert len(found["ResourceSpecificResults"]) == len(EC2)
    with refused("InvalidInput"):
        custom(
            iam,
            document,
            actions=["ec2:RunInstances"],
            ResourceArns=[arn for kind, arn in EC2.items() if kind != missing],
            ResourceHandlingOption=option,
        )


def test_pages(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(5)]
    seen: list[str] = []
    marker: dict[str, str] = {}
    pages = 0
    while True:
        page = iam.simulate_custom_policy(
            PolicyInputList=[policy(allow("s3:*"))], ActionNames=actions, MaxItems=2, **marker
        )
        pages += 1
        seen += [found["EvalActionName"] for found in page["EvaluationResults"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert (pages, seen) == (3, actions)
    with refused("ValidationError"):
        iam.simulate_custom_policy(PolicyInputList=[policy(allow("s3:*"))], ActionNames=["s3:Other"], **marker)


@pytest.fixture
def bob(iam: Any) -> str:
    """A user with policies of every sort, in a group, with a boundary."""
    arn = str(iam.create_user(UserName="bob", Tags=[{"Key": "team", "Value": "red"}])["User"]["Arn"])
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(UserName="bob", GroupName="devs")
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=policy(allow("s3:Get*")))
    iam.put_group_policy(GroupName="devs", PolicyName="shared", PolicyDocument=policy(allow("sqs:*")))
    managed = iam.create_policy(PolicyName="customer", PolicyDocument=policy(allow("sns:*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=managed)
    iam.attach_group_policy(GroupName="devs", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    return arn


def sources(found: dict[str, Any]) -> list[str]:
    return [one["SourcePolicyId"] for one in found["MatchedStatements"]]


def test_a_principals_own_policies(iam: Any, bob: str) -> None:
    s3, sqs, sns, ec2, lambda_ = principal(
        iam, bob, "s3:GetObject", "sqs:SendMessage", "sns:Publish", "ec2:DescribeInstances", "lambda:InvokeFunction"
    )
    assert sources(s3) == ["user_bob_own"]
    assert sources(sqs) == ["group_devs_shared"]
    assert sources(sns) == ["customer"]
    assert sources(ec2) == ["AmazonEC2ReadOnlyAccess"]
    assert (lambda_["EvalDecision"], sources(lambda_)) == ("implicitDeny", [])


def test_a_group_and_a_role_as_source(iam: Any, bob: str, account: str) -> None:
    sqs, s3 = principal(iam, f"arn:aws:iam::{account}:group/devs", "sqs:SendMessage", "s3:GetObject")
    assert (sqs["EvalDecision"], s3["EvalDecision"]) == ("allowed", "implicitDeny")
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=text(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=policy(allow("s3:*")))
    assert sources(principal(iam, role, "s3:GetObject")[0]) == ["role_app_own"]


def test_more_policies_and_another_boundary(iam: Any, bob: str, account: str) -> None:
    extra = policy(allow("lambda:*"))
    (found,) = principal(iam, bob, "lambda:InvokeFunction", PolicyInputList=[extra])
    assert (found["EvalDecision"], sources(found)) == ("allowed", ["PolicyInputList.1"])
    assert "PermissionsBoundaryDecisionDetail" not in found
    bounds = iam.create_policy(PolicyName="bounds", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=bounds)
    (found,) = principal(iam, bob, "s3:GetObject")
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (found,) = principal(iam, bob, "s3:GetObject", PermissionsBoundaryPolicyInputList=[policy(allow("s3:*"))])
    assert found["EvalDecision"] == "allowed"


@pytest.mark.parametrize(
    ("identifier", "gone"),
    [
        ({"PolicyType": "inline"}, {"s3", "sqs"}),
        ({"PolicyType": "aws-managed"}, {"ec2"}),
        ({"PolicyType": "user-managed"}, {"sns"}),
        ({"PolicyType": "rcp"}, set()),
        ({"PolicyArn": "arn:aws:iam::aws:policy/AmazonEC2*"}, {"ec2"}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/Nothing?"}, set()),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "bob"}},
            {"s3"},
        ),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "shared", "AttachmentType": "group", "AttachmentName": "devs"}},
            {"sqs"},
        ),
    ],
)
def test_exclusions(iam: Any, bob: str, identifier: dict[str, Any], gone: set[str]) -> None:
    actions = {"s3": "s3:GetObject", "sqs": "sqs:SendMessage", "sns": "sns:Publish", "ec2": "ec2:DescribeInstances"}
    found = principal(iam, bob, *actions.values(), PolicyExclusionList=[identifier])
    denied = {
        service for service, result in zip(actions, found, strict=True) if result["EvalDecision"] == "implicitDeny"
    }
    assert denied == gone


def test_excluding_the_boundary(iam: Any, bob: str) -> None:
    bounds = iam.create_policy(PolicyName="bounds", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=bounds)
    (found,) = principal(iam, bob, "s3:GetObject", PolicyExclusionList=[{"PolicyType": "permission-boundary"}])
    assert found["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in found
    with refused("InvalidInput"):
        principal(iam, bob, "s3:GetObject", PolicyExclusionList=[{"PolicyArn": "arn:aws:iam::aws:policy/*x*"}])
    with refused("InvalidInput"):
        principal(iam, bob, "s3:GetObject", PolicyExclusionList=[{"PolicyArn": "arn:aws:s3:::some-bucket"}])


def test_keys_that_follow_from_the_caller(iam: Any, bob: str, account: str) -> None:
    own = policy(
        allow("s3:PutObject", "arn:aws:s3:::home/${aws:username}/*"),
        allow("s3:DeleteObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
    )
    put, delete = principal(
        iam,
        bob,
        "s3:PutObject",
        "s3:DeleteObject",
        PolicyInputList=[own],
        ResourceArns=["arn:aws:s3:::home/bob/x"],
    )
    assert (put["EvalDecision"], delete["EvalDecision"]) == ("allowed", "allowed")
    other = f"arn:aws:iam::{account}:user/alice"
    put, delete = principal(
        iam,
        bob,
        "s3:PutObject",
        "s3:DeleteObject",
        PolicyInputList=[own],
        CallerArn=other,
        ResourceArns=["arn:aws:s3:::home/bob/x"],
    )
    assert (put["EvalDecision"], delete["EvalDecision"]) == ("implicitDeny", "implicitDeny")


def test_sources_that_are_not_there(iam: Any, account: str) -> None:
    with refused("NoSuchEntity", "The role with name ghost cannot be found.", 404):
        principal(iam, f"arn:aws:iam::{account}:role/ghost", "s3:GetObject")
    with refused(
        "InvalidInput",
        f"Invalid Policy Source Arn: caller's account {account} does not have access to policies in account "
        f"{OTHER_ACCOUNT}",
    ):
        principal(iam, f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob", "s3:GetObject")
    with refused("InvalidInput"):
        principal(iam, f"arn:aws:iam::{account}:policy/p", "s3:GetObject")


def test_context_keys(iam: Any, bob: str) -> None:
    document = policy(
        allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"),
        allow(
            "sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}
        ),
        deny("sns:*", Condition={"IpAddress": {"AWS:sourceip": "10.0.0.0/8"}}),
    )
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"]
    assert keys == ["aws:username", "aws:SourceIp", "aws:SecureTransport"]
    trust = json.loads(text(TRUST))
    trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "7"}}
    found = iam.get_context_keys_for_custom_policy(PolicyInputList=[text(trust)])
    assert found["ContextKeyNames"] == ["sts:ExternalId"]
    iam.put_group_policy(
        GroupName="devs",
        PolicyName="mfa",
        PolicyDocument=policy(allow("ec2:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    )
    found = iam.get_context_keys_for_principal_policy(PolicySourceArn=bob, PolicyInputList=[document])
    assert set(found["ContextKeyNames"]) == {*keys, "aws:MultiFactorAuthPresent"}
    with refused("InvalidInput"):
        iam.get_context_keys_for_custom_policy(PolicyInputList=["[]"])
