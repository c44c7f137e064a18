"""What STS remembers."""

from datetime import datetime

from cloudward.api import Per, Record, Scope, State, single, table
from cloudward_sts.metadata.records import RoleBinding
from cloudward_sts.oidc.records import Issuer
from cloudward_sts.saml.records import SamlKey, UsedAssertion


class SealingKey(Record):
    """The key that session tokens and other opaque texts are sealed with."""

    key: bytes
    created_at: datetime


class StsState(State, per=Per.PARTITION, service="sts"):
    """What STS keeps: session tokens carry everything else."""

    sealing_key = single(SealingKey)
    issuers = table(Issuer, key="issuer")
    saml_key = single(SamlKey)
    used_assertions = table(UsedAssertion, key="key")
    role_bindings = table(RoleBinding, key="name")


HOME = Scope("aws")
"""Where the one key is kept: a token says itself which partition it is for."""
