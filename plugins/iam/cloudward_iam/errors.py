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


class EntityAlreadyExists(ServiceError, shape="EntityAlreadyExistsException"):
    """The name is taken."""

    user = message("User with name {} already exists.")
    group = message("Group with name {} already exists.")
    role = message("Role with name {} already exists.")
    instance_profile = message("Instance Profile {} already exists.")
    policy = message("A policy called {} already exists. Duplicate names are not allowed.")
    account_alias = message("The account alias {} already exists.")


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


class InvalidInput(ServiceError, shape="InvalidInputException"):
    """Values that the model lets pass, and IAM does not."""

    duplicate_tags = message("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    reserved_tag = message("Tag keys and values cannot start with the reserved prefix aws: ({}).")
    arn = message("ARN {} is not valid.")
    expired_status = message("An access key's status can be set to Active or Inactive only.")


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
    user_name_needed = message("Must specify userName when calling with non-User credentials")


class NotAuthorized(AccessDenied):
    """What IAM hides from a caller, whatever the policies say."""

    access_key_last_used = message(
        "User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {}"
    )
    aws_owned_policy = message(
        "User: {} is not authorized to perform: iam:{} on resource: policy {}"
    )
