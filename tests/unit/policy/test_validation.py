from __future__ import annotations

from typing import Any

import pytest

from cloudward_policy import MalformedPolicy, PolicyKind, Position, Severity, check_document, validate
from tests.unit.policy.build import allow, text, without

IDENTITY, TRUST = PolicyKind.IDENTITY, PolicyKind.TRUST
SYNTAX = "Syntax errors in policy."
SIDS = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
    "report/, access-report/."
)
LEGACY = "The policy failed legacy parsing"
ROLE = "arn:aws:iam::111111111111:role/app"


def message(document: str, kind: PolicyKind, *, managed: bool | None = None) -> str | None:
    try:
        check_document(document, kind, managed=managed)
    except MalformedPolicy as error:
        return error.message
    return None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (text(allow()), None),
        (text(allow(), Id="x"), None),
        (text(allow(), version=None), None),
        (text(allow(), version="2008-10-17"), None),
        (text(allow(), version="2012-10-18"), SYNTAX),
        ("{", SYNTAX),
        ("null", SYNTAX),
        ("[]", SYNTAX),
        (text(), SYNTAX),
        ('{"Version": "2012-10-17"}', SYNTAX),
        (text(without(allow(), "Effect")), SYNTAX),
        (text(allow(Effect="allow")), SYNTAX),
        (text(allow(Comment="x")), SYNTAX),
        (text(allow(NotAction="s3:*")), SYNTAX),
        (text(allow(NotResource="*")), SYNTAX),
        (text(allow(Action=[["s3:*"]])), SYNTAX),
        (text(allow(Sid={})), SYNTAX),
        (text(allow(), Id=[]), SYNTAX),
        (text(allow(Condition={"StringEqual": {"aws:a": "b"}})), SYNTAX),
        (text(allow(Condition={"StringEqual": {}})), None),
        (text(allow(Condition={"aws:a": "b"})), SYNTAX),
        (text(allow(Condition={"ForAnyValue:StringLikeIfExists": {"aws:a": ["b", 1, True]}})), None),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Action": "*", "Resource": "*"}}', SYNTAX),
        (text(allow(Principal="*")), "Policy document should not specify a principal."),
        (text(allow(NotPrincipal={"AWS": "*"})), "Policy document should not specify a principal."),
        (text(allow(Sid="a"), allow(Sid="a")), "Statement IDs (SID) in a single policy must be unique."),
        (text(allow(Sid=""), allow(Sid="")), None),
        (
            text(allow(Sid="a b")),
            SIDS,
        ),
        (text(without(allow(), "Action")), "Policy statement must contain actions."),
        (text(allow(Action=[])), "Policy statement must contain actions."),
        (text(without(allow(), "Resource")), "Policy statement must contain resources."),
        (text(allow(Resource=[])), "Policy statement must contain resources."),
        (text(allow(Action="list")), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (text(allow(Action="s3:s3:Get")), "Actions/Condition can contain only one colon."),
        (text(allow(Action="s 3:Get")), "Vendor s 3 is not valid"),
        (text(allow(Action=["*"])), None),
        (text(allow(Resource="bucket")), 'Resource bucket must be in ARN format or "*".'),
        (text(allow(Resource="")), 'Resource  must be in ARN format or "*".'),
        (text(allow(Resource="arn:x:s3:::b")), 'Partition "x" is not valid for resource "arn:x:s3:::b".'),
        (text(allow(Resource="arn:x:s3")), 'Partition "x" is not valid for resource "arn:x:s3:*:*:*".'),
        (text(allow(Resource="arn:aws:s3")), None),
        (text(allow(Resource="arn:aws:s3:*")), None),
        (text(allow(Resource="arn:aws:s3::bucket")), LEGACY),
        (text(allow(Resource="arn:aws:s3:bucket")), LEGACY),
        (
            text(allow(Resource="arn:aws:s3:eu-west-1::b")),
            "Resource arn:aws:s3:eu-west-1::b can not contain region information.",
        ),
        (
            text(allow(Resource="arn:aws:iam:eu-west-1:1:role/x")),
            "IAM resource arn:aws:iam:eu-west-1:1:role/x cannot contain region information.",
        ),
        (
            text(allow(Resource="arn:aws:iam::1:thing")),
            PATHS,
        ),
        (text(allow(Resource="arn:aws:iam::111111111111:user/${aws:username}")), None),
        (text(allow(Resource="arn:aws:iam::${aws:PrincipalAccount}:user/x")), None),
        (text(allow(Resource="arn:aws:s3:::${aws:username}/*")), None),
        (text(allow(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}})), LEGACY),
        (text(allow(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}})), None),
    ],
)
def test_identity_based_policies(document: str, expected: str | None):
    assert message(document, IDENTITY) == expected


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_managed_policies_need_the_new_version(version: str | None):
    expected = "Policy document must be version 2012-10-17 or greater."
    assert message(text(allow(), version=version), IDENTITY, managed=True) == expected
    assert message(text(allow(), version=version), PolicyKind.BOUNDARY) == expected


def trust(**fields: Any) -> str:
    return text({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROLE}, **fields})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (trust(), None),
        (trust(Principal="*"), None),
        (trust(Principal={"AWS": ["111111111111", "*", "AROAABCDEFGHIJKLMNOPQ"]}), None),
        (trust(Principal={"AWS": "arn:aws:sts::111111111111:assumed-role/app/one"}), None),
        (trust(Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), None),
        (trust(Action="sts:*"), None),
        # Recorded from AWS.
        ("not json", "This policy contains invalid Json"),
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(NotResource="*"), "Has prohibited field NotResource"),
        (trust(Principal={}), "Invalid principal in policy"),
        (text({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
        (text({"Effect": "Allow", "Principal": "*"}), "Missing required field Action"),
        (text({"Action": "sts:AssumeRole", "Principal": "*"}), "Missing required field Effect"),
        ("{}", "Missing required field Statement"),
        (trust(Comment="x"), "Unknown field Comment"),
        (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Action="sts:GetFederationToken"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Principal={"AWS": "bob"}), 'Invalid principal in policy: "AWS":"bob"'),
        (trust(Principal={"AWS": ROLE + "*"}), f'Invalid principal in policy: "AWS":"{ROLE}*"'),
        (trust(Principal={"Service": "lambda"}), 'Invalid principal in policy: "SERVICE":"lambda"'),
        (trust(Principal={"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}), None),
        (trust(Principal={"Federated": "arn:aws:iam::111111111111:saml-provider/idp"}), None),
        (trust(Principal={"Federated": "accounts.google.com"}), None),
        (
            trust(Principal={"Federated": "a b"}),
            "Federated principals must be valid domain names or SAML metadata ARNs",
        ),
    ],
)
def test_trust_policies(document: str, expected: str | None):
    assert message(document, TRUST) == expected


def test_session_policies_reject_incomplete_arns():
    incomplete = text(allow(Resource="arn:aws:s3"))
    assert message(incomplete, IDENTITY) is None
    assert message(incomplete, PolicyKind.SESSION) == 'Resource arn:aws:s3 must be in ARN format or "*".'


@pytest.mark.parametrize("kind", [PolicyKind.RESOURCE, PolicyKind.KEY, PolicyKind.VPC_ENDPOINT])
def test_resource_based_policies(kind: PolicyKind):
    fitting = allow(Principal="*", Sid="Sids may have spaces here")
    assert message(text(fitting), kind) is None
    assert message("{", kind) == "Policies must be valid JSON and the first byte must be '{'"
    assert message("{}", kind) == "Missing required field Statement"
    for name in ("Effect", "Principal", "Action", "Resource"):
        assert message(text(without(fitting, name)), kind) == f"Missing required field {name}"


def test_organization_policies():
    refused = "The provided policy document does not meet the requirements of the specified policy type."
    rcp = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    assert message(text(allow()), PolicyKind.SCP) is None
    assert message(text(allow(Principal="*")), PolicyKind.SCP) == refused
    assert message(text(allow(Action="x")), PolicyKind.SCP) == refused
    assert message("{", PolicyKind.SCP) == refused
    assert message(text(rcp), PolicyKind.RCP) is None
    for wrong in ({"Effect": "Allow"}, {"Principal": {"AWS": "1"}}, {"Action": "*"}):
        assert message(text({**rcp, **wrong}), PolicyKind.RCP) == refused
    assert message(text({**without(rcp, "Action"), "NotAction": "s3:*"}), PolicyKind.RCP) == refused


def test_findings_tell_the_place_and_warnings_come_last():
    document = text(
        allow(Condition={"Bool": {"aws:SecureTransport": "yes"}, "NumericEquals": {"s3:max-keys": "ten"}}),
        allow(Resource="bucket"),
    )
    findings = validate(document, IDENTITY)
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]
    line = document.splitlines().index('      "Resource": "bucket"') + 1
    assert findings[0].position == Position(line, 19)
    only_warnings = validate(text(allow(Condition={"Bool": {"aws:SecureTransport": "yes"}})), IDENTITY)
    assert [finding.severity for finding in only_warnings] == [Severity.WARNING]
    assert message(text(allow(Condition={"Bool": {"aws:SecureTransport": "yes"}})), IDENTITY) is None


def test_every_error_is_found_not_only_the_first():
    messages = {finding.message for finding in validate(text(allow(Action="x", Resource="y", Principal="*")), IDENTITY)}
    assert len(messages) == 3
