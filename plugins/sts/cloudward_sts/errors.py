"""STS's errors with AWS's messages."""

from __future__ import annotations

from cloudward.api import ServiceError, message


class ValidationError(ServiceError, code="ValidationError", status=400):
    """Input that the model's constraints cannot catch."""

    access_key_id = message("Invalid Access Key ID: {}")
