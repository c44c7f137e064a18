"""What is kept of credentials and providers survives a restart, down to the last field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudward.config import Config
from cloudward.testing import running_gateway
from cloudward_iam.crypto import totp
from tests.contract.iam.credentials.expect import refused, tags
from tests.unit.iam import certs

ORGANIZATION = {"organization_id": "o-exampleorg1", "organization_management_account": "000000000000"}
TEMPLATE = "arn:aws:iam::111111111111:delegation-template/read"


def everything(iam: Any) -> Any:
    """Return all that can be read of what `make_everything` makes."""
    saml = iam.list_saml_providers()["SAMLProviderList"][0]["Arn"]
    oidc = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    answers = [
        iam.get_login_profile(UserName="ada"),
        iam.get_account_password_policy(),
        iam.list_mfa_devices(UserName="ada"),
        iam.list_virtual_mfa_devices(),
        iam.list_ssh_public_keys(UserName="ada"),
        iam.list_service_specific_credentials(UserName="ada"),
        iam.list_signing_certificates(UserName="ada"),
        iam.get_server_certificate(ServerCertificateName="site"),
        iam.get_saml_provider(SAMLProviderArn=saml),
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=oidc),
        iam.get_outbound_web_identity_federation_info(),
        iam.get_account_properties(),
        iam.list_organizations_features(),
        iam.list_delegation_requests(),
        iam.get_role(RoleName="AWSServiceRoleForECS"),
    ]
    for answer in answers:
        del answer["ResponseMetadata"]
    return answers


def make_everything(iam: Any, timestamp: float) -> tuple[str, dict[str, str]]:
    iam.create_user(UserName="ada")
    iam.update_account_password_policy(PasswordReusePrevention=3, RequireNumbers=True)
    iam.create_login_profile(UserName="ada", Password="First-pass1", PasswordResetRequired=True)
    iam.update_login_profile(UserName="ada", Password="Second-pass2")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Tags=tags(a="1"))["VirtualMFADevice"]
    seed = totp.decode_seed(device["Base32StringSeed"].decode())
    counter = totp.counter_at(timestamp)
    codes = {
        "AuthenticationCode1": totp.code(seed, counter),
        "AuthenticationCode2": totp.code(seed, counter + 1),
    }
    iam.enable_mfa_device(UserName="ada", SerialNumber=device["SerialNumber"], **codes)
    iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=certs.ssh_text(certs.rsa_key()))
    iam.create_service_specific_credential(UserName="ada", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=1)
    body = certs.pem(certs.certificate(key=certs.rsa_key(), start=certs.NOW.replace(year=2020)))
    iam.upload_signing_certificate(UserName="ada", CertificateBody=body)
    iam.upload_server_certificate(
        ServerCertificateName="site",
        CertificateBody=body,
        PrivateKey=certs.private_pem(certs.rsa_key()),
        Tags=tags(a="1"),
    )
    iam.create_saml_provider(
        Name="corp",
        SAMLMetadataDocument=certs.saml_metadata(),
        AssertionEncryptionMode="Allowed",
        AddPrivateKey=certs.private_pem(certs.rsa_key()),
    )
    iam.create_open_id_connect_provider(Url="https://example.com", ClientIDList=["a"], ThumbprintList=["a" * 40])
    iam.enable_outbound_web_identity_federation()
    iam.put_account_properties(Properties={"RoleManager/Enabled": "true"})
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    iam.enable_organizations_root_sessions()
    request = iam.create_delegation_request(
        Description="Backups",
        Permissions={"PolicyTemplateArn": TEMPLATE},
        RequestorWorkflowId="workflow-1",
        NotificationChannel="arn:aws:sns:us-east-1:111111111111:requests",
        SessionDuration=3600,
    )
    iam.associate_delegation_request(DelegationRequestId=request["DelegationRequestId"])
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    task = iam.delete_service_linked_role(RoleName="AWSServiceRoleForBatch")["DeletionTaskId"]
    return task, {"SerialNumber": device["SerialNumber"], **codes}


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    templates = tmp_path / "templates.json"
    policy = {"Version": "2012-10-17", "Statement": []}
    templates.write_text(json.dumps({"delegation_templates": {TEMPLATE: {"policy": policy}}}))
    settings = {"password_hash_cost": 2, "templates_file": str(templates), **ORGANIZATION}
    config = Config(state=str(tmp_path / "state"), plugin_settings={"iam": settings})
    with running_gateway(config) as gateway:
        iam = gateway.client("iam")
        task, device = make_everything(iam, gateway.app.clock.timestamp())
        before = everything(iam)
    with running_gateway(config) as gateway:
        iam = gateway.client("iam")
        assert everything(iam) == before
        assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
        # Secrets are kept too: former passwords and used codes are still refused.
        with refused("PasswordPolicyViolation"):
            iam.update_login_profile(UserName="ada", Password="First-pass1")
        with refused("InvalidAuthenticationCode"):
            iam.resync_mfa_device(UserName="ada", **device)
