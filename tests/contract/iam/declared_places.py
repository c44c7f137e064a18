"""Errors that IAM's model declares and the furnished account does not provoke: the test that does, or why none can."""

from __future__ import annotations

from collections.abc import Mapping

NEVER: Mapping[str, str] = {
    "ServiceFailure": "AWS's own failure; what fails inside the gateway is answered as InternalFailure",
    "ConcurrentModification": "changes of one account come one after the other, each whole",
    "EntityTemporarilyUnmodifiable": "a deleted name is free at once, also where changes become visible late",
}
"""Codes that no operation answers, with the reason."""

_ORGANIZATION = {
    f"{verb}OrganizationsRoot{what}" for verb in ("Enable", "Disable") for what in ("CredentialsManagement", "Sessions")
} | {"ListOrganizationsFeatures"}
_FILES: Mapping[str, Mapping[str, set[str]]] = {
    "credentials/test_account_settings.py": {
        "FeatureDisabled": {"DisableOutboundWebIdentityFederation", "GetOutboundWebIdentityFederationInfo"},
        "FeatureEnabled": {"EnableOutboundWebIdentityFederation"},
        "InvalidInput": {"PutAccountProperties"},
    },
    "credentials/test_delegation.py": {
        "EntityAlreadyExists": {"CreateDelegationRequest"},
        "InvalidInput": {
            "AssociateDelegationRequest",
            "CreateDelegationRequest",
            "RejectDelegationRequest",
            "SendDelegationToken",
            "UpdateDelegationRequest",
        },
    },
    "credentials/test_mfa.py": {"InvalidAuthenticationCode": {"EnableMFADevice", "ResyncMFADevice"}},
    "credentials/test_organizations.py": {
        "AccountNotManagementOrDelegatedAdministratorException": _ORGANIZATION,
        "CallerIsNotManagementAccountException": {name for name in _ORGANIZATION if name.startswith("Enable")},
        "OrganizationNotFoundException": _ORGANIZATION,
        "OrganizationNotInAllFeaturesModeException": _ORGANIZATION,
        "ServiceAccessNotEnabledException": _ORGANIZATION,
    },
    "credentials/test_passwords.py": {
        "InvalidUserType": {"ChangePassword"},
        "NoSuchEntity": {"ChangePassword"},
        "PasswordPolicyViolation": {"ChangePassword", "CreateLoginProfile", "UpdateLoginProfile"},
    },
    "credentials/test_role_templates.py": {
        "EntityAlreadyExists": {"AcquireRole"},
        "InvalidInput": {"AcquireRole"},
        "LimitExceeded": {"AcquireRole"},
        "NameConflict": {"AcquireRole"},
        "NoSuchEntity": {"AcquireRole", "GetRoleTemplateVersion"},
        "RoleTemplateDisabled": {"AcquireRole"},
    },
    "credentials/test_saml_providers.py": {"LimitExceeded": {"UpdateSAMLProvider"}},
    "credentials/test_server_certificates.py": {
        "KeyPairMismatch": {"UploadServerCertificate"},
        "MalformedCertificate": {"UploadServerCertificate"},
    },
    "credentials/test_service_linked_roles.py": {"InvalidInput": {"GetServiceLinkedRoleDeletionStatus"}},
    "credentials/test_signing_certificates.py": {
        "DuplicateCertificate": {"UploadSigningCertificate"},
        "InvalidCertificate": {"UploadSigningCertificate"},
        "MalformedCertificate": {"UploadSigningCertificate"},
    },
    "credentials/test_ssh_keys.py": {
        "DuplicateSSHPublicKey": {"UploadSSHPublicKey"},
        "InvalidPublicKey": {"UploadSSHPublicKey"},
        "UnrecognizedPublicKeyEncoding": {"UploadSSHPublicKey"},
    },
    "test_access_keys.py": {"InvalidInput": {"UpdateAccessKey"}},
    "test_last_accessed.py": {
        "InvalidInput": {"GetHumanReadableSummary", "GetServiceLastAccessedDetailsWithEntities"},
        "NoSuchEntity": {"GetHumanReadableSummary"},
    },
    "test_reports.py": {
        "ReportExpired": {"GetCredentialReport"},
        "ReportInProgress": {"GetCredentialReport"},
        "ReportNotPresent": {"GetCredentialReport"},
    },
}
ELSEWHERE: Mapping[tuple[str, str], str] = {
    (operation, code): file
    for file, codes in _FILES.items()
    for code, operations in codes.items()
    for operation in operations
}
"""The test of an error that needs more than the furnished account."""

_NO_RATE = "the declaration is for the rate of changes, which has no limit here"
_REASONS: Mapping[tuple[str, str], str] = {
    ("EntityAlreadyExists", "AddRoleToInstanceProfile"): "a second role, the same too, is LimitExceeded",
    ("EntityAlreadyExists", "UploadSigningCertificate"): "the same certificate again is DuplicateCertificate",
    ("DeleteConflict", "DeleteServerCertificate"): "only a load balancer's use keeps a certificate, and none is here",
    (
        "InvalidInput",
        (
            "GetAccountProperties GetRoleTemplateVersion GetServiceLastAccessedDetails ListAttachedGroupPolicies "
            "ListAttachedRolePolicies ListAttachedUserPolicies ListDelegationRequests ListMFADeviceTags"
        ),
    ): "what the model lets pass is valid, found or not; what it does not is ValidationError",
    (
        "InvalidInput",
        "UntagInstanceProfile UntagMFADevice UntagServerCertificate",
    ): "taking away tags that are not there is no error",
    (
        "LimitExceeded",
        (
            "ChangePassword CreateLoginProfile DeactivateMFADevice DeleteAccessKey DeleteAccountAlias "
            "DeleteAccountPasswordPolicy DeleteGroup DeleteGroupPolicy DeleteInstanceProfile DeleteLoginProfile "
            "DeletePolicy DeletePolicyVersion DeleteRole DeleteRolePolicy DeleteSAMLProvider DeleteServerCertificate "
            "DeleteServiceLinkedRole DeleteSigningCertificate DeleteUser DeleteUserPolicy DeleteVirtualMFADevice "
            "DetachGroupPolicy DetachRolePolicy DetachUserPolicy GenerateCredentialReport "
            "RemoveRoleFromInstanceProfile "
            "RemoveUserFromGroup ResyncMFADevice SetDefaultPolicyVersion UpdateAccessKey UpdateAccountPasswordPolicy "
            "UpdateGroup UpdateLoginProfile UpdateServerCertificate UpdateSigningCertificate UpdateUser"
        ),
    ): _NO_RATE,
    ("LimitExceeded", "CreateAccountAlias"): "a new alias takes the place of the old one",
    ("LimitExceeded", "CreateDelegationRequest"): "AWS names no quota of delegation requests",
    ("MalformedPolicyDocument", "AcquireRole"): "templates are checked when the gateway starts",
    ("MalformedPolicyDocument NoSuchEntity", "UpdateAccountPasswordPolicy"): "it names nothing and has no document",
    ("NoSuchEntity", "CreateGroup"): "it names nothing but what it makes",
    ("NoSuchEntity", "CreateServiceLinkedRole"): "an unknown service is InvalidInput",
    ("NoSuchEntity", "DeleteOpenIDConnectProvider"): "AWS documents it as idempotent: it does not fail",
    ("NoSuchEntity", "ListDelegationRequests"): "an owner without requests has an empty list",
    (
        "NotSupportedService",
        "CreateServiceSpecificCredential ListServiceSpecificCredentials",
    ): "AWS was recorded to answer NoSuchEntity",
    ("OpenIdIdpCommunicationError", "CreateOpenIDConnectProvider"): "no identity provider is called",
    ("ReportGenerationLimitExceeded", "GenerateOrganizationsAccessReport"): "a report is ready at once",
    ("RoleModified", "AcquireRole"): "templates do not change while the gateway runs",
    ("UnmodifiableEntity", "UpdateRoleDescription"): "descriptions of service-linked roles may be edited",
    ("UnrecognizedPublicKeyEncoding", "GetSSHPublicKey"): "the model's enumeration refuses other encodings first",
}
NEVER_FOR: Mapping[tuple[str, str], str] = {
    (operation, code): reason
    for (codes, operations), reason in _REASONS.items()
    for code in codes.split()
    for operation in operations.split()
}
"""Errors that an operation declares and never answers here, with the reason."""
