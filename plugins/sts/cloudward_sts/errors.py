"""STS's errors with AWS's messages.

Sources: responses recorded from AWS, AWS's documentation, and messages quoted in public issue reports.
"""

from __future__ import annotations

from cloudward.api import AccessDenied, ServiceError, message


class ValidationError(ServiceError, code="ValidationError", status=400):
    """Input that the model's constraints cannot catch."""

    access_key_id = message("Invalid Access Key ID: {}")
    invalid = message("{} is invalid")
    arn = message("ARN {} is not valid.")
    role_duration = message("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    chaining_duration = message(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )
    policy_length = message(
        "1 validation error detected: Value '{}' at 'policy' failed to satisfy constraint: "
        "Member must have length less than or equal to 2048"
    )
    policy_arns_length = message(
        "1 validation error detected: Value '{}' at 'policyArns' failed to satisfy constraint: "
        "Member must have length less than or equal to 10"
    )
    task_policy = message("The task policy {} is not one of the managed policies for privileged root tasks.")
    context_assertion = message("The provided context assertion is not valid for the context provider {}.")
    trade_in_token = message("The provided trade-in token is not valid.")


class InvalidParameterValue(ServiceError, code="InvalidParameterValue", status=400):
    """Session tags that AWS refuses."""

    duplicate_tags = message("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    transitive_without_tag = message("The specified transitive tag key must be included in the requested tags.")
    transitive_conflict = message(
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
        "calling session."
    )
    reserved_tag = message("Tag keys and values cannot start with the reserved prefix aws: ({}).")
    too_many_tags = message("The number of session tags, those of the calling session included, cannot exceed 50.")


class NotAuthorized(AccessDenied):
    """What STS denies whatever the policies say."""

    action = message("User: {} is not authorized to perform: {} on resource: {}")
    root = message("Roles may not be assumed by root accounts.")
    root_for_root = message("AssumeRoot cannot be called with root user credentials.")
    session_credentials = message("Cannot call {} with session credentials")
    wrong_mfa_code = message("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    unknown_mfa_device = message(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
        "and associated with this user."
    )
    half_mfa = message("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
    global_endpoint = message("AssumeRoot is not supported on the global endpoint; use a regional endpoint.")


class MalformedPolicyDocument(ServiceError, shape="MalformedPolicyDocumentException"):
    """A session policy that AWS refuses; the message is the policy library's."""


class PackedPolicyTooLarge(ServiceError, shape="PackedPolicyTooLargeException"):
    """Session policies and tags that do not fit together."""

    policy = message("Packed policy consumes {}% of allotted space, please use smaller policy.")
    tags = message("Packed size of session tags consumes {}% of allotted space.")


class RegionDisabled(ServiceError, shape="RegionDisabledException"):
    """A region in which the account has not activated STS."""

    account = message(
        "STS is not activated in this region for account:{}. Your account administrator can activate STS in this "
        "region using the IAM Console."
    )


class InvalidAuthorizationMessage(ServiceError, shape="InvalidAuthorizationMessageException"):
    """An encoded message that was not made here, or was changed."""

    invalid = message("Message is not valid")


class ExpiredTradeInToken(ServiceError, shape="ExpiredTradeInTokenException"):
    """A trade-in token after its end."""

    expired = message("The provided trade-in token has expired.")
