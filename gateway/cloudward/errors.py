"""Errors that reach a caller as AWS errors.

A provider derives a class for each error shape of its model and gives it AWS's messages as attributes::

    class NoSuchEntity(ServiceError, shape="NoSuchEntityException"):
        user = message("The user with name {} cannot be found.")

    raise NoSuchEntity.user(user_name)

Error code, HTTP status and sender/receiver come from the service model's error shape; errors that no model declares
(`AccessDenied`, `ValidationError`, …) name their `code` and `status` themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


class message:  # noqa: N801 - reads as a declaration, like property
    """An error message of a `ServiceError` class: calling the attribute with the blanks' values makes the error.

    Args:
        template: AWS's text with `{}` or `{name}` blanks.
    """

    def __init__(self, template: str) -> None:
        self.template = template

    def __get__(self, instance: object, owner: type[ServiceError]) -> Callable[..., Any]:
        def make(*values: object, **named: object) -> ServiceError:
            return owner(self.template.format(*values, **named))

        return make


class ServiceError(Exception):
    """An error answered to the caller in the request's protocol.

    Args:
        text: the message the caller reads.
        fields: further members of the error shape, by their model names.

    Class keyword arguments:
        shape: the error shape's name in the service model; code, status and fault side are the model's.
        code: the error code, where no model declares the error (or one class serves several services).
        status: the HTTP status, 400 unless told otherwise.
        sender: whether the caller is at fault.
    """

    shape: ClassVar[str | None] = None
    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 400
    sender: ClassVar[bool] = True

    def __init_subclass__(
        cls,
        *,
        shape: str | None = None,
        code: str | None = None,
        status: int | None = None,
        sender: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if shape is not None:
            cls.shape = shape
            cls.code = shape
        if code is not None:
            cls.code = code
        if status is not None:
            cls.status = status
        if sender is not None:
            cls.sender = sender

    def __init__(self, text: str = "", **fields: object) -> None:
        super().__init__(text)
        self.text = text
        self.fields: Mapping[str, object] = fields


class InternalFailure(ServiceError, code="InternalFailure", status=500, sender=False):
    """The gateway failed; the log has the reason."""

    unknown = message("The request processing has failed because of an unknown error, exception or failure.")


class NotImplementedByGateway(ServiceError, code="InternalFailure", status=501, sender=False):
    """No loaded provider implements the operation; status 501 as LocalStack's users' tools expect."""


class AccessDenied(ServiceError, code="AccessDenied", status=403):
    """The caller may not do this; encoders turn the code into `AccessDeniedException` for JSON protocols."""


class InvalidCredential(ServiceError, code="InvalidClientTokenId", status=403):
    """A credential that stands for nobody (any more): forged, cut off, deleted, of another gateway.

    `cloudward_resolve_credential` raises it; the caller reads it under the name that the request's protocol has for it.
    """

    token = message("The security token included in the request is invalid.")


class ValidationError(ServiceError, code="ValidationError", status=400):
    """Input that breaks the model's constraints; the code is `ValidationException` in JSON protocols."""


class MalformedRequest(ServiceError, code="SerializationException", status=400):
    """A body that cannot be read in the request's protocol; the encoder picks the protocol's code for it."""


class RequestTooLarge(ServiceError, code="RequestEntityTooLargeException", status=413):
    """A body over the configured limit."""


class UnknownOperation(ServiceError, code="UnknownOperationException", status=404):
    """A request that no service model has; the encoder picks the protocol's code for it (`InvalidAction` in query)."""


class ConfigError(Exception):
    """A setting, file or address that cannot be used; shown as one line, exit code 2."""


class PluginError(Exception):
    """A plugin that cannot be used.

    Args:
        plugin: its name.
        reason: why.
    """

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"plugin {plugin}: {reason}")
        self.plugin = plugin
        self.reason = reason
