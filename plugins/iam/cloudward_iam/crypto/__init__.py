"""Cryptography of IAM's credentials: pure functions over bytes and text, without state and without a clock.

The modules are attributes that are imported when first used (`crypto.certificates.parse_certificate`): most gateways
never see a certificate, and the libraries behind these weigh a quarter of an idle gateway.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward_iam.crypto import certificates, saml_metadata, ssh_keys

__all__ = ["certificates", "saml_metadata", "ssh_keys"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
