"""SSM's errors with its messages."""

from __future__ import annotations

from cloudward.api import ServiceError, message


class ParameterNotFound(ServiceError, shape="ParameterNotFound"):
    """No such parameter; SSM says no more than that."""

    any = message("")


class ParameterVersionNotFound(ServiceError, shape="ParameterVersionNotFound"):
    """The parameter is there, the version is not."""

    version = message("Systems Manager could not find version {} of {}. Verify the version and try again.")


class ParameterAlreadyExists(ServiceError, shape="ParameterAlreadyExists"):
    """PutParameter without Overwrite."""

    name = message(
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    )


class ParameterPatternMismatch(ServiceError, shape="ParameterPatternMismatchException"):
    """A value that AllowedPattern does not allow."""

    value = message("Parameter value, cannot be validated against allowedPattern: {}")


class InvalidAllowedPattern(ServiceError, shape="InvalidAllowedPatternException"):
    """An AllowedPattern that is no regular expression."""

    pattern = message("AllowedPattern {} is not a valid regular expression.")


class HierarchyLevelLimitExceeded(ServiceError, shape="HierarchyLevelLimitExceededException"):
    """More than 15 levels."""

    name = message("A parameter hierarchy can have a maximum of 15 levels. {} has more.")


class InvalidNextToken(ServiceError, shape="InvalidNextToken"):
    """A token that no answer gave."""

    token = message("The specified token isn't valid.")


class InvalidFilterKey(ServiceError, shape="InvalidFilterKey"):
    """A filter that the operation does not have."""

    key = message("The following filter key is not valid: {}. Valid filter keys include: [{}].")


class InvalidFilterOption(ServiceError, shape="InvalidFilterOption"):
    """An option that the filter does not have."""

    option = message("The following filter option is not valid: {}. Valid options include: [{}].")


class ValidationException(ServiceError, code="ValidationException", status=400):
    """What the model's constraints cannot say."""

    missing_type = message("A parameter type is required when you create a parameter.")
    overwrite_tags = message(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
        "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
        "RemoveTagsFromResource."
    )
    name = message(
        'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
        "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following "
        "3 symbols .-_"
    )
    reserved = message('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
    slash = message("Parameter name must be a fully qualified name.")
    too_long = message(
        "Standard tier parameters support a maximum parameter value of {} characters. To create a larger parameter "
        "value, upgrade the parameter to use the advanced-parameter tier."
    )
    path = message(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a "
        'forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
    )
