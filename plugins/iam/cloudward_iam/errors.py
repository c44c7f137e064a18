"""Every error that IAM answers, with AWS's messages.

Sources: responses recorded from AWS, AWS's documentation, and messages quoted in public issue reports.
"""

from __future__ import annotations

from cloudward.api import AccessDenied, ServiceError, ValidationError, message


class NoSuchEntity(ServiceError, shape="NoSuchEntityException"):
    """Something named does not exist."""

    user = message("The user with name {} cannot be found.")
    user_id = message("The user with id {} cannot be found.")
    group = message("The group with name {} cannot be found.")
    role = message("The role with name {} cannot be found.")
    instance_profile = message("Instance Profile {} cannot be found.")
    access_key = message("The Access Key with id {} cannot be found.")
    policy = message("Policy {} was not found.")
    not_attachable = message("Policy {} does not exist or is not attachable.")
    policy_version = message("Policy {} version {} does not exist or is not attachable.")
    boundary = message("Scope ARN: {} does not exist or is not attachable.")
    no_boundary = message("{} {} does not have a permissions boundary set.")
    user_policy = message("The user policy with name {} cannot be found.")
    group_policy = message("The group policy with name {} cannot be found.")
    role_policy = message("The role policy with name {} cannot be found.")
    not_in_group = message("User {} is not in group {}.")
    not_in_profile = message("Role {} is not in instance profile {}.")
    account_alias = message("The account alias {} does not exist.")
    login_profile = message("Login Profile for User {} cannot be found.")
    password_policy = message("The Password Policy with domain name {} cannot be found.")
    virtual_mfa_device = message("VirtualMFADevice with serial number {} doesn't exist.")
    mfa_device = message("MFADevice with serial number {} doesn't exist.")
    ssh_public_key = message("The Public Key with id {} cannot be found.")
    service_for_credentials = message("No such service {} is supported for Service Specific Credentials")
    service_credential = message("No such credential {} exists")
    server_certificate = message("The Server Certificate with name {} cannot be found.")
    signing_certificate = message("The Certificate with id {} cannot be found.")
    saml_provider = message("Manifest not found for arn {}")
    saml_private_key = message("The private key with id {} cannot be found.")
    oidc_provider = message("OpenIDConnect Provider not found for arn {}")
    delegation_request = message("Delegation request {} cannot be found.")
    role_template = message("Role template {} cannot be found.")
    role_template_version = message("Role template {} has no version {}.")
    deletion_task = message("Deletion Task {} cannot be found.")
    service_linked_role = message("Cannot find a service-linked role with name {}.")
    access_report = message("Access report job {} cannot be found.")
    entity = message("ARN {} does not exist.")
    job = message("Job {} cannot be found.")


class EntityAlreadyExists(ServiceError, shape="EntityAlreadyExistsException"):
    """The name is taken."""

    user = message("User with name {} already exists.")
    group = message("Group with name {} already exists.")
    role = message("Role with name {} already exists.")
    instance_profile = message("Instance Profile {} already exists.")
    policy = message("A policy called {} already exists. Duplicate names are not allowed.")
    account_alias = message("The account alias {} already exists.")
    login_profile = message("Login Profile for user {} already exists.")
    mfa_device = message("MFADevice entity at the same path and name already exists.")
    mfa_device_in_use = message("MFADevice with serial number {} is already in use.")
    server_certificate = message("The Server Certificate with name {} already exists.")
    saml_provider = message("SAMLProvider {} already exists.")
    oidc_provider = message("Provider with url {} already exists.")
    delegation_request = message("A delegation request with the requestor workflow id {} already exists.")


class LimitExceeded(ServiceError, shape="LimitExceededException"):
    """A quota is used up."""

    quota = message("Cannot exceed quota for {}: {}")
    tags = message("The number of tags has reached the maximum limit.")
    versions = message(
        "A managed policy can have up to {} versions. "
        "Before you create a new version, you must delete an existing version."
    )
    inline_size = message("Maximum policy size of {} bytes exceeded for {} {}")


class DeleteConflict(ServiceError, shape="DeleteConflictException"):
    """The thing to delete is still in use; `deletion.py` has the rules and their messages."""

    default_version = message("Cannot delete the default version of a policy.")
    mfa_device = message("MFA VirtualDevice in use. Must deactivate first.")


class InvalidInput(ServiceError, shape="InvalidInputException"):
    """Values that the model lets pass, and IAM does not."""

    duplicate_tags = message("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    reserved_tag = message("Tag keys and values cannot start with the reserved prefix aws: ({}).")
    arn = message("ARN {} is not valid.")
    reserved_path = message("The path {} is reserved for roles of AWS services.")
    expired_status = message("An access key's status can be set to Active or Inactive only.")
    status_expired = message("The status can be set to Active or Inactive only.")
    oidc_url = message("Invalid Open ID Connect Provider URL")
    oidc_thumbprint = message("Invalid thumbprint: {}")
    oidc_thumbprints = message("Thumbprint list must contain fewer than {} entries.")
    saml_metadata = message("Could not parse metadata: {}")
    saml_arn = message("Invalid ARN: {}")
    saml_private_key = message("Invalid private key: {}")
    saml_key_needed = message("A private key is needed for the assertion encryption mode {}.")
    custom_suffix = message("Custom suffix is not allowed for {}")
    service_role_taken = message("Service role name {} has been taken in this account, please try a different suffix.")
    service_principal = message("Service {} does not support service-linked roles: it is no known service principal.")
    role_name_too_long = message("The role name {} is longer than 64 characters; use a shorter suffix.")
    delegation_state = message("Delegation request {} is {} and cannot be {}.")
    delegation_owner = message("Delegation request {} belongs to another account.")
    delegation_without_sts = message("No loaded plugin can make trade-in tokens.")
    delegation_template = message("The policy template {} cannot be found.")
    account_properties_namespace = message("All properties of a request must belong to the same namespace.")
    account_property = message("Unknown account property {}.")
    account_property_value = message("Invalid value {} for account property {}: {}")
    template_parameter = message("Role template parameter {}: {}")
    deletion_task = message("Deletion Task {} is not valid.")
    service_namespace = message("The service namespace {} is not valid.")
    not_summarized = message("No summary is made of {}: only delegation requests have one.")
    action_name = message("Invalid action name: {}")
    resource_names = message("ResourceNames are not in a valid ARN format: {}.")
    resource_policy = message("The resource policy is not applicable to the resource {}.")
    one_boundary = message("Only one permissions boundary can be simulated at a time.")
    user_needed = message("Invalid caller - Caller must be an IAM user in this context.")
    entity_arn = message("Invalid Entity Arn: {} does not clearly define entity type and name.")
    foreign_source = message(
        "Invalid Policy Source Arn: caller's account {} does not have access to policies in account {}"
    )


class PolicyEvaluation(ServiceError, shape="PolicyEvaluationException"):
    """A policy that is well-formed and cannot be evaluated; the message says what and where."""


class UnmodifiableEntity(ServiceError, shape="UnmodifiableEntityException"):
    """A role that belongs to an AWS service."""

    protected_role = message(
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS"
    )


class MalformedPolicyDocument(ServiceError, shape="MalformedPolicyDocumentException"):
    """A policy document that AWS refuses; the message is the policy library's."""


class PolicyNotAttachable(ServiceError, shape="PolicyNotAttachableException"):
    """A managed policy that only the service roles it is meant for may carry."""

    service_role = message("Cannot attach a Service Role Policy to a Customer Role.")
    not_attachable = message("Policy {} is not attachable.")


class ConcurrentModification(ServiceError, shape="ConcurrentModificationException"):
    """Two changes of one resource at the same time."""

    again = message(
        "The request was rejected because multiple requests to change this resource were submitted simultaneously."
    )


class Invalid(ValidationError):
    """Input that no model constraint describes and AWS answers with ValidationError."""

    marker = message("Invalid Marker.")
    unparsable_arn = message("Invalid ARN:  Could not be parsed!")
    numeric_alias = message("The account alias {} must not be a 12-digit number.")
    user_name_needed = message("Must specify userName when calling with non-User credentials")
    password_needed = message("Password is required unless the call is made in an AssumeRoot session.")
    password_in_root_session = message("Password must be omitted in an AssumeRoot session.")
    all_users_and_name = message("AllUsers cannot be specified together with UserName.")
    status_expired = message("The status can be set to Active or Inactive only.")
    credential_age = message("CredentialAgeDays is not supported for {}.")


class NotAuthorized(AccessDenied):
    """What IAM hides from a caller, whatever the policies say."""

    old_password = message("The old password is not correct.")
    delegation = message("User: {} is not authorized to perform: iam:{} on resource: delegation request {}")
    access_key_last_used = message(
        "User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {}"
    )
    aws_owned_policy = message("Policy is outside your own account.")


class PasswordPolicyViolation(ServiceError, shape="PasswordPolicyViolationException"):
    """A password that the account's password policy does not take."""

    reused = message("Password should not be one of the last {} passwords")


class InvalidUserType(ServiceError, shape="InvalidUserTypeException"):
    """A call that only another kind of principal may make."""

    users_only = message("Only IAM Users can change their own password")


class InvalidAuthenticationCode(ServiceError, shape="InvalidAuthenticationCodeException"):
    """One-time passwords that are wrong, too old or used."""

    not_valid = message("Authentication code for device is not valid.")


class MalformedCertificate(ServiceError, shape="MalformedCertificateException"):
    """A certificate, chain or key that cannot be read or does not verify; `crypto.certificates` has the messages."""


class InvalidCertificate(ServiceError, shape="InvalidCertificateException"):
    """A certificate that can be read, but not be used."""


class KeyPairMismatch(ServiceError, shape="KeyPairMismatchException"):
    """A private key that belongs to another certificate."""


class DuplicateCertificate(ServiceError, shape="DuplicateCertificateException"):
    """A signing certificate that the account already has."""

    certificate = message("The same certificate is associated with an IAM user in the account.")


class InvalidPublicKey(ServiceError, shape="InvalidPublicKeyException"):
    """An SSH public key that cannot be read or used."""

    key = message("The public key is malformed or otherwise invalid.")


class DuplicateSSHPublicKey(ServiceError, shape="DuplicateSSHPublicKeyException"):
    """An SSH public key that the user already has."""

    key = message("The SSH public key is already associated with the specified IAM user.")


class UnrecognizedPublicKeyEncoding(ServiceError, shape="UnrecognizedPublicKeyEncodingException"):
    """An SSH public key in neither of the encodings that IAM knows."""

    encoding = message("The public key encoding format is unsupported or unrecognized.")


class FeatureEnabled(ServiceError, shape="FeatureEnabledException"):
    """Switching on what is on."""

    outbound = message("Outbound identity federation is already enabled for your account.")


class FeatureDisabled(ServiceError, shape="FeatureDisabledException"):
    """Using or switching off what is off."""

    outbound = message("Outbound identity federation is not enabled for your account.")


class OrganizationNotFound(ServiceError, shape="OrganizationNotFoundException"):
    """The account is in no organization."""

    account = message("The account {} is not a member of an organization.")


class NotManagementOrDelegatedAdministrator(
    ServiceError, shape="AccountNotManagementOrDelegatedAdministratorException"
):
    """The account does not administer IAM for its organization."""

    account = message("The account {} is neither the management account nor a delegated administrator for IAM.")


class CallerIsNotManagementAccount(ServiceError, shape="CallerIsNotManagementAccountException"):
    """Only the organization's management account may do this."""

    account = message("The account {} is not the management account of its organization.")


class ServiceAccessNotEnabled(ServiceError, shape="ServiceAccessNotEnabledException"):
    """The organization does not trust IAM."""

    iam = message("Trusted access for IAM is not enabled in the organization.")


class OrganizationNotInAllFeaturesMode(ServiceError, shape="OrganizationNotInAllFeaturesModeException"):
    """The organization has consolidated billing only."""

    organization = message("The organization {} does not have all features enabled.")


class ReportNotPresent(ServiceError, shape="CredentialReportNotPresentException"):
    """No credential report was ever made."""

    generate = message("No credential report exists. Call GenerateCredentialReport to make one.")


class ReportExpired(ServiceError, shape="CredentialReportExpiredException"):
    """The last credential report is more than four hours old."""

    generate = message("The credential report has expired. Call GenerateCredentialReport to make a new one.")


class ReportInProgress(ServiceError, shape="CredentialReportNotReadyException"):
    """The credential report is still being made."""

    wait = message("The credential report is still being generated.")


class ReportGenerationLimitExceeded(ServiceError, shape="ReportGenerationLimitExceededException"):
    """Too many reports are being made."""

    running = message("The maximum number of concurrent requests for this account are already running.")


class NameConflict(ServiceError, shape="NameConflictException"):
    """A template makes a role name that is taken."""

    role = message("Role with name {} already exists and was not created from this template.")


class RoleTemplateDisabled(ServiceError, shape="RoleTemplateDisabledException"):
    """No roles can be made from the template."""

    template = message("The role template {} is disabled.")
