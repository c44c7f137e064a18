"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cloudward.testing import Gateway, running_gateway


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the developer's AWS and gateway settings out of every test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CLOUDWARD_", "LOCALSTACK_")) and name != "CLOUDWARD_CACHE_DIR":
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway of the test's own, with default settings."""
    with running_gateway() as running:
        yield running
