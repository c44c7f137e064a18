"""Identifiers that are UUIDs: jobs, tasks, delegation requests, issuers."""

from __future__ import annotations

import uuid

from cloudward.api import random_bytes


def new_uuid() -> str:
    """Return a new random UUID as text."""
    return str(uuid.UUID(bytes=random_bytes(16), version=4))
