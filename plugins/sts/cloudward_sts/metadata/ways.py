"""The ways in which an application finds its credentials."""

from __future__ import annotations

IMDS = "imds"
CONTAINER = "container"
ENVIRONMENT = "env"
PROCESS = "process"
BOUND = (IMDS, CONTAINER)
"""The ways that bind a role, so that applications fetch credentials again and again; the others hand them out once."""

WAYS = (*BOUND, ENVIRONMENT, PROCESS)
