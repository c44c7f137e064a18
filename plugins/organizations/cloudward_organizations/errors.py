"""Every error that Organizations answers, with AWS's messages.

Sources: the service model's documentation of the errors and their reasons, and messages quoted in public issue reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from cloudward.api import ServiceError, message


class NotInUse(ServiceError, shape="AWSOrganizationsNotInUseException"):
    """The caller's account is in no organization."""

    account = message("Your account is not a member of an organization.")


class NotPermitted(ServiceError, shape="AccessDeniedException"):
    """What only the management account, or a delegated administrator, may do."""

    resource = message("You don't have permissions to access this resource.")


class AlreadyInOrganization(ServiceError, shape="AlreadyInOrganizationException"):
    """The account is in an organization."""

    account = message("The AWS account is already a member of an organization.")


class OrganizationNotEmpty(ServiceError, shape="OrganizationNotEmptyException"):
    """An organization that has member accounts."""

    accounts = message(
        "The organization isn't empty. To delete an organization, you must first remove all accounts except the "
        "management account."
    )


class MasterCannotLeave(ServiceError, shape="MasterCannotLeaveOrganizationException"):
    """The management account goes with its organization only."""

    account = message(
        "You can't remove a management account from an organization. If you want the management account to become a "
        "member account in another organization, you must first delete the current organization of the management "
        "account."
    )


class AccountNotFound(ServiceError, shape="AccountNotFoundException"):
    """No such account in the organization."""

    account = message("You specified an account that doesn't exist.")


class AccountAlreadyClosed(ServiceError, shape="AccountAlreadyClosedException"):
    """An account that is closed."""

    account = message("You attempted to close an account that is already closed.")


class CreateAccountStatusNotFound(ServiceError, shape="CreateAccountStatusNotFoundException"):
    """No such request to create an account."""

    request = message("We can't find an create account request with the CreateAccountRequestId that you specified.")


class RootNotFound(ServiceError, shape="RootNotFoundException"):
    """No such root in the organization."""

    root = message("You specified a root that doesn't exist.")


class ParentNotFound(ServiceError, shape="ParentNotFoundException"):
    """No such root or organizational unit."""

    parent = message("You specified parent that doesn't exist.")


class ChildNotFound(ServiceError, shape="ChildNotFoundException"):
    """No such account or organizational unit."""

    child = message("You specified a child that doesn't exist.")


class SourceParentNotFound(ServiceError, shape="SourceParentNotFoundException"):
    """No such root or organizational unit to move an account from."""

    parent = message("You specified a source parent that doesn't exist.")


class DestinationParentNotFound(ServiceError, shape="DestinationParentNotFoundException"):
    """No such root or organizational unit to move an account to."""

    parent = message("You specified a destination parent that doesn't exist.")


class DuplicateAccount(ServiceError, shape="DuplicateAccountException"):
    """An account moved to where it is."""

    account = message("An account with the same ID already exists in the destination parent.")


class UnitNotFound(ServiceError, shape="OrganizationalUnitNotFoundException"):
    """No such organizational unit."""

    unit = message("You specified an organizational unit that doesn't exist.")


class UnitNotEmpty(ServiceError, shape="OrganizationalUnitNotEmptyException"):
    """An organizational unit with something in it."""

    unit = message(
        "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and "
        "try the operation again."
    )


class DuplicateUnit(ServiceError, shape="DuplicateOrganizationalUnitException"):
    """The name is taken under that parent."""

    unit = message("An OU with the same name already exists.")


class TargetNotFound(ServiceError, shape="TargetNotFoundException"):
    """No such root, organizational unit, account or policy."""

    target = message("You specified a target that doesn't exist.")


class PolicyNotFound(ServiceError, shape="PolicyNotFoundException"):
    """No such policy."""

    policy = message("You specified a policy that doesn't exist.")


class DuplicatePolicy(ServiceError, shape="DuplicatePolicyException"):
    """The name is taken among the policies of the type."""

    policy = message("A policy with the specified name and type already exists.")


class MalformedPolicyDocument(ServiceError, shape="MalformedPolicyDocumentException"):
    """A document that AWS refuses; the message is the policy library's."""


class PolicyInUse(ServiceError, shape="PolicyInUseException"):
    """A policy that is attached."""

    policy = message(
        "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before "
        "performing this operation."
    )


class DuplicateAttachment(ServiceError, shape="DuplicatePolicyAttachmentException"):
    """A policy attached already."""

    policy = message("A policy with the specified name and type already exists.")


class PolicyNotAttached(ServiceError, shape="PolicyNotAttachedException"):
    """A policy that is not attached to the target."""

    policy = message("The policy isn't attached to the specified target in the specified root.")


class PolicyTypeNotEnabled(ServiceError, shape="PolicyTypeNotEnabledException"):
    """A policy type that is off."""

    operation = message("This operation can be performed only for enabled policy types.")


class PolicyTypeAlreadyEnabled(ServiceError, shape="PolicyTypeAlreadyEnabledException"):
    """A policy type that is on."""

    policy_type = message("The specified policy type is already enabled in the specified root.")


class PolicyTypeNotAvailable(ServiceError, shape="PolicyTypeNotAvailableForOrganizationException"):
    """A policy type that the organization cannot have."""

    features = message(
        "You can't use the specified policy type with the feature set currently enabled for this organization."
    )
    unknown = message("Policies of the type {} are not supported here.")


class HandshakeNotFound(ServiceError, shape="HandshakeNotFoundException"):
    """No such handshake."""

    handshake = message("We can't find a handshake with the HandshakeId that you specified.")


class HandshakeAlreadyInState(ServiceError, shape="HandshakeAlreadyInStateException"):
    """A handshake that is in the requested state."""

    state = message("The specified handshake is already in the requested state.")


class InvalidHandshakeTransition(ServiceError, shape="InvalidHandshakeTransitionException"):
    """A handshake that cannot come into the requested state any more."""

    transition = message("You can't perform the operation on the handshake in its current state.")


class DuplicateHandshake(ServiceError, shape="DuplicateHandshakeException"):
    """An invitation that waits for its answer already."""

    handshake = message("A handshake with the same action and target already exists.")


class AccountAlreadyRegistered(ServiceError, shape="AccountAlreadyRegisteredException"):
    """A delegated administrator of the service."""

    account = message("The specified account is already a delegated administrator for this AWS service.")


class AccountNotRegistered(ServiceError, shape="AccountNotRegisteredException"):
    """No delegated administrator of the service."""

    account = message("The provided account is not a registered delegated administrator for your organization.")


class _WithReason(ServiceError):
    """An error whose reason is a member of its own."""

    reasons: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def because(cls, reason: str) -> Self:
        """Return the error for a reason.

        Args:
            reason: a key of `reasons`, which has the message.
        """
        return cls(cls.reasons[reason], Reason=reason)


class InvalidInput(_WithReason, shape="InvalidInputException"):
    """Values that the model lets pass, and Organizations does not."""

    reasons: ClassVar[Mapping[str, str]] = {
        "INVALID_NEXT_TOKEN": "You specified an invalid value for NextToken.",
        "DUPLICATE_TAG_KEY": "Tag keys must be unique among the tags attached to the same entity.",
        "INVALID_SYSTEM_TAGS_PARAMETER": "Tag keys cannot begin with the reserved prefix aws:.",
        "IMMUTABLE_POLICY": "You cannot modify an AWS managed policy.",
        "NON_DETACHABLE_POLICY": "You can't detach this AWS managed policy.",
        "INVALID_PATTERN_TARGET_ID": "You provided a target ID that doesn't match the required pattern.",
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited account owner.",
        "INVALID_PARTY_TYPE_TARGET": "You specified the wrong type of entity as a party to a handshake.",
        "TARGET_NOT_SUPPORTED": "You can't perform the specified operation on that target entity.",
        "UNRECOGNIZED_SERVICE_PRINCIPAL": "You specified an unrecognized service principal.",
        "MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS": "You can move an account only between entities in the same root.",
    }


class ConstraintViolation(_WithReason, shape="ConstraintViolationException"):
    """A quota used up, or a rule broken."""

    reasons: ClassVar[Mapping[str, str]] = {
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "OU_DEPTH_LIMIT_EXCEEDED": "You have exceeded the allowed number of levels of nested OUs.",
        "OU_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of OUs.",
        "POLICY_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of policies.",
        "POLICY_CONTENT_LIMIT_EXCEEDED": "You have exceeded the maximum policy size.",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": (
            "You have attached the maximum number of policies to the specified target."
        ),
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": (
            "You cannot remove the last policy attached to the specified target. You should have at least one attached "
            "at all time."
        ),
        "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the allowed number of tags.",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": "You can't close the management account of an organization.",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": (
            "You cannot register master account/yourself as delegated administrator for your organization."
        ),
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": (
            "You cannot register a suspended account as a delegated administrator."
        ),
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": (
            "You cannot remove a delegated administrator from the organization. Deregister it for every service first."
        ),
        "SERVICE_ACCESS_NOT_ENABLED": (
            "You attempted to register a delegated administrator before you enabled service access."
        ),
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE": (
            "You attempted to perform an operation that requires your organization to be configured to support all "
            "features."
        ),
    }


class HandshakeConstraintViolation(_WithReason, shape="HandshakeConstraintViolationException"):
    """A handshake that cannot be begun or accepted."""

    reasons: ClassVar[Mapping[str, str]] = {
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "ALREADY_IN_AN_ORGANIZATION": "The invited account is already a member of an organization.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "The organization already has all features enabled.",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": (
            "The organization is already in the process of enabling all features."
        ),
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": (
            "You can't issue new invitations while the organization is enabling all features."
        ),
    }
