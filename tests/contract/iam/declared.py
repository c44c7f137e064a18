"""What provokes the errors that IAM's model declares: a furnished account and a table of calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudward.testing import Gateway
from cloudward_iam.crypto import totp
from tests.contract.iam.expect import ALLOW, TRUST, text
from tests.unit.iam import certs

ACCOUNT, EMPTY_ACCOUNT = "123456123456", "123456654321"
_ARN = f"arn:aws:iam::{ACCOUNT}"
_LIST, _OTHER = f"{_ARN}:policy/list", f"{_ARN}:policy/other"
_OIDC, _SAML = f"{_ARN}:oidc-provider/example.com", f"{_ARN}:saml-provider/corp"
_PHONE, _SPARE = f"{_ARN}:mfa/phone", f"{_ARN}:mfa/spare"
_LINKED = "AWSServiceRoleForBatch"
_FOR_BATCH = "arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy"
_READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_CERTIFICATE = certs.pem(
    certs.certificate("ada", key=certs.rsa_key(), start=datetime(2020, 1, 1, tzinfo=UTC), serial=1)
)
_OTHER_CERTIFICATE = certs.pem(
    certs.certificate("ada", key=certs.rsa_key(), start=datetime(2020, 1, 1, tzinfo=UTC), serial=2)
)
_METADATA = certs.saml_metadata()
_MANY_TAGS = [{"Key": f"tag{number}", "Value": "x"} for number in range(3)]
_LONG = text({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Resource": "arn:aws:s3:::" + "b" * 300}]})
_NUMBER = {"NumericEquals": {"aws:MultiFactorAuthAge": "soon"}}
_INCOMPARABLE = text({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Condition": _NUMBER}]})

QUOTAS: Mapping[str, int] = {
    "quota_access_keys_per_user": 1,
    "quota_attached_policies_per_group": 1,
    "quota_attached_policies_per_role": 1,
    "quota_attached_policies_per_user": 1,
    "quota_client_ids_per_oidc_provider": 1,
    "quota_groups_per_account": 2,
    "quota_groups_per_user": 1,
    "quota_group_policy_size": 200,
    "quota_instance_profiles_per_account": 1,
    "quota_managed_policy_size": 200,
    "quota_mfa_devices_per_user": 1,
    "quota_oidc_providers_per_account": 1,
    "quota_policies_per_account": 2,
    "quota_roles_per_account": 3,
    "quota_role_policy_size": 200,
    "quota_saml_providers_per_account": 1,
    "quota_server_certificates_per_account": 2,
    "quota_service_specific_credentials_per_user": 1,
    "quota_signing_certificates_per_user": 1,
    "quota_ssh_keys_per_user": 1,
    "quota_tags_per_resource": 2,
    "quota_trust_policy_size": 200,
    "quota_users_per_account": 2,
    "quota_user_policy_size": 200,
    "quota_versions_per_policy": 2,
    "quota_virtual_mfa_devices_per_account": 2,
}
"""Just what the furnished account holds."""


def furnish(iam: Any, gateway: Gateway) -> dict[str, str]:
    """Fill the account and return the ids that it was given, by the placeholders of `CALLS`."""
    for name in ("ada", "bob"):
        iam.create_user(UserName=name)
    for name in ("team", "empty"):
        iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName="team", UserName="ada")
    for name in ("web", "free"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(TRUST))
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    for name in ("list", "other"):
        iam.create_policy(PolicyName=name, PolicyDocument=text(ALLOW))
    iam.create_policy_version(PolicyArn=_LIST, PolicyDocument=text(ALLOW))
    for kind, name in (("user", "ada"), ("group", "team"), ("role", "web")):
        owner = {f"{kind.title()}Name": name}
        getattr(iam, f"put_{kind}_policy")(**owner, PolicyName="inline", PolicyDocument=text(ALLOW))
        getattr(iam, f"attach_{kind}_policy")(**owner, PolicyArn=_LIST)
    iam.create_login_profile(UserName="ada", Password="Abc-def-1-2-3")
    iam.create_access_key(UserName="ada")
    signing = iam.upload_signing_certificate(UserName="ada", CertificateBody=_CERTIFICATE)["Certificate"]
    ssh = iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=certs.ssh_text(certs.rsa_key()))["SSHPublicKey"]
    iam.create_service_specific_credential(UserName="ada", ServiceName="codecommit.amazonaws.com")
    for name in ("web", "spare"):
        iam.upload_server_certificate(
            ServerCertificateName=name,
            CertificateBody=_CERTIFICATE,
            PrivateKey=certs.private_pem(certs.rsa_key()),
        )
    iam.create_open_id_connect_provider(Url="https://example.com", ThumbprintList=["a" * 40], ClientIDList=["client"])
    iam.create_saml_provider(Name="corp", SAMLMetadataDocument=_METADATA)
    iam.create_account_alias(AccountAlias=f"alias-{ACCOUNT}")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="spare")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = totp.decode_seed(device["Base32StringSeed"].decode())
    counter = totp.counter_at(gateway.app.clock.timestamp())
    codes = {f"AuthenticationCode{ahead + 1}": totp.code(seed, counter + ahead) for ahead in (0, 1)}
    iam.enable_mfa_device(UserName="ada", SerialNumber=_PHONE, **codes)
    return {"the signing certificate": signing["CertificateId"], "the SSH key": ssh["SSHPublicKeyId"]}


DEFAULTS: Mapping[str, Any] = {
    "AWSServiceName": "batch.amazonaws.com",
    "AccessKeyId": "AKIA" + "A" * 16,
    "ActionNames": ["s3:GetObject"],
    "AllowUsersToChangePassword": True,
    "Arn": f"{_ARN}:user/ada",
    "AssumeRolePolicyDocument": text(TRUST),
    "AuthenticationCode1": "123456",
    "AuthenticationCode2": "123457",
    "CertificateBody": _OTHER_CERTIFICATE,
    "CertificateId": "A" * 24,
    "DelegationRequestId": "A" * 20,
    "DeletionTaskId": f"task/aws-service-role/batch.amazonaws.com/{_LINKED}/00000000-0000-4000-8000-000000000000",
    "Encoding": "SSH",
    "GroupName": "team",
    "InstanceProfileName": "web",
    "JobId": "00000000-0000-4000-8000-000000000000",
    "NewPassword": "Abc-def-1-2-4",
    "OldPassword": "Abc-def-1-2-3",
    "OpenIDConnectProviderArn": _OIDC,
    "PermissionsBoundary": _LIST,
    "PolicyArn": _LIST,
    "PolicyDocument": text(ALLOW),
    "PolicyName": "inline",
    "PolicySourceArn": f"{_ARN}:user/ada",
    "PrivateKey": certs.private_pem(certs.rsa_key()),
    "RoleName": "web",
    "SAMLMetadataDocument": _METADATA,
    "SAMLProviderArn": _SAML,
    "SSHPublicKeyBody": certs.ssh_text(certs.rsa_key("two")),
    "SSHPublicKeyId": "APKA" + "A" * 16,
    "SerialNumber": _PHONE,
    "ServerCertificateName": "web",
    "ServiceName": "codecommit.amazonaws.com",
    "ServiceNamespace": "s3",
    "ServiceNamespaces": ["s3"],
    "ServiceSpecificCredentialId": "ACCA" + "A" * 16,
    "SetAsDefault": True,
    "Status": "Active",
    "TagKeys": ["team"],
    "Tags": [{"Key": "team", "Value": "blue"}],
    "ThumbprintList": ["a" * 40],
    "UserName": "ada",
    "VersionId": "v9",
}
"""Required members that a call does not give."""

_ABSENT: Mapping[str, Any] = {
    "Arn": f"{_ARN}:user/nobody",
    "GroupName": "nothing",
    "InstanceProfileName": "nothing",
    "OpenIDConnectProviderArn": f"{_ARN}:oidc-provider/nothing.example",
    "PermissionsBoundary": f"{_ARN}:policy/nothing",
    "PolicyArn": f"{_ARN}:policy/nothing",
    "PolicySourceArn": f"{_ARN}:user/nobody",
    "RoleName": "nothing",
    "SAMLProviderArn": f"{_ARN}:saml-provider/nothing",
    "SerialNumber": f"{_ARN}:mfa/nothing",
    "ServerCertificateName": "nothing",
    "UserName": "nobody",
}
_WRONG: Mapping[str, Any] = {
    "Arn": f"{_ARN}:nothing/x",
    "OpenIDConnectProviderArn": f"{_ARN}:user/ada",
    "PermissionsBoundary": f"{_ARN}:user/ada",
    "PolicyArn": f"{_ARN}:user/ada",
    "SAMLProviderArn": f"{_ARN}:user/ada",
    "Tags": [{"Key": "team", "Value": "blue"}, {"Key": "TEAM", "Value": "red"}],
}
BY_CODE: Mapping[str, Mapping[str, Any]] = {
    "NoSuchEntity": _ABSENT,
    "InvalidInput": _WRONG,
    "UnmodifiableEntity": {"RoleName": _LINKED, "PolicyArn": _READ_ONLY, "PermissionsBoundary": _READ_ONLY},
}
"""Members whose values provoke a code in every operation that has them and declares it."""

CALLS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "EntityAlreadyExists": {
        "CreateAccountAlias": {"AccountAlias": f"alias-{ACCOUNT}"},
        "CreateGroup": {"GroupName": "TEAM"},
        "CreateInstanceProfile": {},
        "CreateLoginProfile": {"UserName": "ada", "Password": "Abc-def-1-2-3"},
        "CreateOpenIDConnectProvider": {"Url": "https://example.com"},
        "CreatePolicy": {"PolicyName": "LIST"},
        "CreateRole": {"RoleName": "WEB"},
        "CreateSAMLProvider": {"Name": "corp"},
        "CreateUser": {"UserName": "ADA"},
        "CreateVirtualMFADevice": {"VirtualMFADeviceName": "phone"},
        "EnableMFADevice": {"UserName": "bob", "SerialNumber": _PHONE},
        "UpdateGroup": {"NewGroupName": "empty"},
        "UpdateServerCertificate": {"NewServerCertificateName": "spare"},
        "UpdateUser": {"NewUserName": "bob"},
        "UploadServerCertificate": {},
    },
    "LimitExceeded": {
        "AddClientIDToOpenIDConnectProvider": {"ClientID": "other"},
        "AddRoleToInstanceProfile": {"RoleName": "free"},
        "AddUserToGroup": {"GroupName": "empty"},
        "AttachGroupPolicy": {"PolicyArn": _OTHER},
        "AttachRolePolicy": {"PolicyArn": _OTHER},
        "AttachUserPolicy": {"PolicyArn": _OTHER},
        "CreateAccessKey": {"UserName": "ada"},
        "CreateGroup": {"GroupName": "more"},
        "CreateInstanceProfile": {"InstanceProfileName": "more"},
        "CreateOpenIDConnectProvider": {"Url": "https://more.example"},
        "CreatePolicy": {"PolicyName": "more"},
        "CreatePolicyVersion": {},
        "CreateRole": {"RoleName": "more"},
        "CreateSAMLProvider": {"Name": "more"},
        "CreateServiceLinkedRole": {"AWSServiceName": "ecs.amazonaws.com"},
        "CreateServiceSpecificCredential": {},
        "CreateUser": {"UserName": "more"},
        "CreateVirtualMFADevice": {"VirtualMFADeviceName": "more"},
        "EnableMFADevice": {"SerialNumber": _SPARE},
        "PutGroupPolicy": {"PolicyName": "more", "PolicyDocument": _LONG},
        "PutRolePolicy": {"PolicyName": "more", "PolicyDocument": _LONG},
        "PutUserPolicy": {"PolicyName": "more", "PolicyDocument": _LONG},
        "TagInstanceProfile": {"Tags": _MANY_TAGS},
        "TagMFADevice": {"Tags": _MANY_TAGS},
        "TagOpenIDConnectProvider": {"Tags": _MANY_TAGS},
        "TagPolicy": {"Tags": _MANY_TAGS},
        "TagRole": {"Tags": _MANY_TAGS},
        "TagSAMLProvider": {"Tags": _MANY_TAGS},
        "TagServerCertificate": {"Tags": _MANY_TAGS},
        "TagUser": {"Tags": _MANY_TAGS},
        "UpdateAssumeRolePolicy": {"PolicyDocument": text({**TRUST, "Id": "i" * 300})},
        "UploadSSHPublicKey": {},
        "UploadServerCertificate": {"ServerCertificateName": "more"},
        "UploadSigningCertificate": {"UserName": "ada"},
    },
    "DeleteConflict": {
        "DeleteGroup": {},
        "DeleteInstanceProfile": {},
        "DeletePolicy": {},
        "DeletePolicyVersion": {"VersionId": "v1"},
        "DeleteRole": {},
        "DeleteUser": {},
        "DeleteVirtualMFADevice": {},
    },
    "MalformedPolicyDocument": {
        "CreatePolicy": {"PolicyName": "more", "PolicyDocument": "{}"},
        "CreatePolicyVersion": {"PolicyDocument": text(TRUST), "PolicyArn": _OTHER},
        "CreateRole": {"RoleName": "more", "AssumeRolePolicyDocument": text(ALLOW)},
        "PutGroupPolicy": {"PolicyDocument": "{"},
        "PutRolePolicy": {"PolicyDocument": "[]"},
        "PutUserPolicy": {"PolicyDocument": text({**ALLOW, "Version": "2020-01-01"})},
        "UpdateAssumeRolePolicy": {"PolicyDocument": text(ALLOW)},
    },
    "UnmodifiableEntity": {
        "UpdateAssumeRolePolicy": {"PolicyDocument": text(TRUST)},
        "UpdateRole": {"MaxSessionDuration": 7200},
    },
    "PolicyNotAttachable": {
        "AttachGroupPolicy": {"PolicyArn": _FOR_BATCH},
        "AttachRolePolicy": {"PolicyArn": _FOR_BATCH},
        "AttachUserPolicy": {"PolicyArn": _FOR_BATCH},
        "PutRolePermissionsBoundary": {"PermissionsBoundary": _FOR_BATCH},
        "PutUserPermissionsBoundary": {"PermissionsBoundary": _FOR_BATCH},
    },
    "NoSuchEntity": {
        "CreateUser": {"UserName": "more", "PermissionsBoundary": f"{_ARN}:policy/nothing"},
        "DeleteAccountAlias": {"AccountAlias": "no-such-alias"},
    },
    "InvalidInput": {
        "CreateInstanceProfile": {"InstanceProfileName": "more"},
        "CreatePolicy": {"PolicyName": "more"},
        "CreateRole": {"RoleName": "more"},
        "CreateSAMLProvider": {"Name": "more"},
        "CreateUser": {"UserName": "more"},
        "GetContextKeysForPrincipalPolicy": {"PolicySourceArn": _LIST},
        "SimulatePrincipalPolicy": {"ActionNames": ["no-action"]},
        "UpdateSSHPublicKey": {"SSHPublicKeyId": "the SSH key", "Status": "Expired"},
        "UpdateSigningCertificate": {
            "UserName": "ada",
            "CertificateId": "the signing certificate",
            "Status": "Expired",
        },
        "UploadServerCertificate": {"ServerCertificateName": "more"},
    },
    "PolicyEvaluation": {
        "SimulateCustomPolicy": {"PolicyInputList": [_INCOMPARABLE]},
        "SimulatePrincipalPolicy": {"PolicyInputList": [_INCOMPARABLE]},
    },
}
"""The calls by code and operation."""

IN_AN_EMPTY_ACCOUNT = frozenset(
    {("InvalidInput", f"Create{kind}") for kind in ("InstanceProfile", "Policy", "Role", "SAMLProvider", "User")}
    | {("InvalidInput", "CreateVirtualMFADevice"), ("InvalidInput", "UploadServerCertificate")}
    | {("NoSuchEntity", "CreateUser")}
)
"""Calls that would meet a used-up quota first."""
