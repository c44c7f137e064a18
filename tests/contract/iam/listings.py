"""What each listing of IAM needs to have something to list: a table for the tests of paging."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cloudward.testing import Gateway
from cloudward_iam.crypto import totp
from tests.contract.iam.expect import ALLOW, TRUST, text
from tests.unit.iam import certs

Parameters = dict[str, Any]
_START = datetime(2020, 1, 1, tzinfo=UTC)

QUOTAS = {
    "quota_access_keys_per_user": 10,
    "quota_signing_certificates_per_user": 10,
    "quota_ssh_keys_per_user": 10,
    "quota_versions_per_policy": 10,
}
"""Quotas that would keep a listing under three pages."""


@dataclass(frozen=True)
class World:
    """One account.

    Attributes:
        iam: a client as root of the account.
        gateway: the gateway.
        account: the account's id.
    """

    iam: Any
    gateway: Gateway
    account: str

    def policy(self, name: str) -> str:
        """Make a managed policy and return its ARN."""
        return str(self.iam.create_policy(PolicyName=name, PolicyDocument=text(ALLOW))["Policy"]["Arn"])

    def policy_arn(self, name: str) -> str:
        """Return the ARN of a managed policy."""
        return f"arn:aws:iam::{self.account}:policy/{name}"

    def user(self, name: str) -> None:
        """Make a user."""
        self.iam.create_user(UserName=name)

    def group(self, name: str) -> None:
        """Make a group."""
        self.iam.create_group(GroupName=name)

    def role(self, name: str) -> None:
        """Make a role."""
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(TRUST))

    def profile(self, name: str) -> None:
        """Make an instance profile."""
        self.iam.create_instance_profile(InstanceProfileName=name)

    def certificate(self, serial: int = 1) -> str:
        """Return a certificate in PEM."""
        return certs.pem(certs.certificate("ada", key=certs.rsa_key(), start=_START, serial=serial))

    def server_certificate(self, name: str) -> None:
        """Upload a server certificate."""
        self.iam.upload_server_certificate(
            ServerCertificateName=name,
            CertificateBody=self.certificate(),
            PrivateKey=certs.private_pem(certs.rsa_key()),
        )

    def mfa_device(self, name: str) -> Any:
        """Make a virtual MFA device."""
        return self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]


@dataclass(frozen=True)
class Listing:
    """How to fill a listing.

    Attributes:
        arrange: makes what the listing hangs on and returns the request's parameters.
        make: makes an item from a name that ends with a digit and returns its key.
        take: takes the item of a key away.
        key: what tells items apart: a member, or empty where items are texts.
        present: keys of items that `arrange` made.
    """

    arrange: Callable[[World], Parameters]
    make: Callable[[World, str], str]
    take: Callable[[World, str], object]
    key: str = ""
    present: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fixed:
    """A listing whose items follow from the request.

    Attributes:
        request: the parameters.
        key: the member that tells items apart.
        expected: the keys.
    """

    request: Callable[[World], Parameters]
    key: str
    expected: tuple[str, ...] = field(default=())


def _named(made: Callable[[World, str], object], key: Callable[[World, str], str] | None = None) -> Any:
    """Return a `make` whose items' keys follow from their names."""

    def make(world: World, name: str) -> str:
        made(world, name)
        return name if key is None else key(world, name)

    return make


def _nothing(world: World) -> Parameters:
    return {}


def _with(made: Callable[[World, str], object], name: str, **parameters: str) -> Callable[[World], Parameters]:
    def arrange(world: World) -> Parameters:
        made(world, name)
        return dict(parameters)

    return arrange


_ADA = _with(World.user, "ada", UserName="ada")
_TEAM = _with(World.group, "team", GroupName="team")
_WEB = _with(World.role, "web", RoleName="web")


def _plain(member: str, made: Callable[[World, str], object], delete: str, parameter: str) -> Listing:
    """Return the listing of a resource that goes by its name."""
    return Listing(_nothing, _named(made), lambda world, key: getattr(world.iam, delete)(**{parameter: key}), member)


def _inline(kind: str, arrange: Callable[[World], Parameters], **named: str) -> Listing:
    def make(world: World, name: str) -> str:
        getattr(world.iam, f"put_{kind}_policy")(**named, PolicyName=name, PolicyDocument=text(ALLOW))
        return name

    return Listing(
        arrange, make, lambda world, key: getattr(world.iam, f"delete_{kind}_policy")(**named, PolicyName=key)
    )


def _attached(kind: str, arrange: Callable[[World], Parameters], **named: str) -> Listing:
    def make(world: World, name: str) -> str:
        arn = world.policy(name)
        getattr(world.iam, f"attach_{kind}_policy")(**named, PolicyArn=arn)
        return arn

    return Listing(
        arrange,
        make,
        lambda world, key: getattr(world.iam, f"detach_{kind}_policy")(**named, PolicyArn=key),
        "PolicyArn",
    )


def _tags(resource: str, arrange: Callable[[World], Parameters]) -> Listing:
    """Return the listing of a resource's tags; `arrange` may run again to name what it made."""
    parameters: dict[str, Parameters] = {}

    def arranged(world: World) -> Parameters:
        parameters[world.account] = arrange(world)
        return parameters[world.account]

    def make(world: World, name: str) -> str:
        getattr(world.iam, f"tag_{resource}")(**parameters[world.account], Tags=[{"Key": name, "Value": "x"}])
        return name

    def take(world: World, key: str) -> object:
        return getattr(world.iam, f"untag_{resource}")(**parameters[world.account], TagKeys=[key])

    return Listing(arranged, make, take, "Key")


# --- things of a user ---


def _access_key(world: World, name: str) -> str:
    return str(world.iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"])


def _signing_certificate(world: World, name: str) -> str:
    uploaded = world.iam.upload_signing_certificate(
        UserName="ada", CertificateBody=world.certificate(int(name[-1]) + 1)
    )
    return str(uploaded["Certificate"]["CertificateId"])


def _ssh_key(world: World, name: str) -> str:
    body = certs.ssh_text(certs.rsa_key(name))
    return str(world.iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=body)["SSHPublicKey"]["SSHPublicKeyId"])


def _enabled_device(world: World, name: str) -> str:
    device = world.mfa_device(name)
    seed = totp.decode_seed(device["Base32StringSeed"].decode())
    counter = totp.counter_at(world.gateway.app.clock.timestamp())
    world.iam.enable_mfa_device(
        UserName="ada",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.code(seed, counter),
        AuthenticationCode2=totp.code(seed, counter + 1),
    )
    return str(device["SerialNumber"])


def _membership(world: World, group: str, user: str) -> None:
    world.iam.add_user_to_group(GroupName=group, UserName=user)


def _member(world: World, name: str) -> None:
    world.user(name)
    _membership(world, "team", name)


def _joined(world: World, name: str) -> None:
    world.group(name)
    _membership(world, name, "ada")


def _profile_of_role(world: World, name: str) -> None:
    world.profile(name)
    world.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="web")


# --- policies ---


def _versioned(world: World) -> Parameters:
    return {"PolicyArn": world.policy("list")}


def _version(world: World, name: str) -> str:
    answer = world.iam.create_policy_version(PolicyArn=world.policy_arn("list"), PolicyDocument=text(ALLOW))
    return str(answer["PolicyVersion"]["VersionId"])


_KINDS = ("user", "group", "role")


def _entity(world: World, name: str) -> str:
    kind = _KINDS[int(name[-1]) % 3]
    getattr(world, kind)(name)
    getattr(world.iam, f"attach_{kind}_policy")(**{f"{kind.title()}Name": name}, PolicyArn=world.policy_arn("list"))
    return name


def _detach(world: World, name: str) -> None:
    kind = _KINDS[int(name[-1]) % 3]
    getattr(world.iam, f"detach_{kind}_policy")(**{f"{kind.title()}Name": name}, PolicyArn=world.policy_arn("list"))


def _anything(world: World, name: str) -> str:
    getattr(world, (*_KINDS, "policy")[int(name[-1]) % 4])(name)
    return name


def _delete_anything(world: World, name: str) -> None:
    kind = (*_KINDS, "policy")[int(name[-1]) % 4]
    if kind == "policy":
        world.iam.delete_policy(PolicyArn=world.policy_arn(name))
    else:
        getattr(world.iam, f"delete_{kind}")(**{f"{kind.title()}Name": name})


# --- what only has tags ---


def _oidc(world: World) -> Parameters:
    answer = world.iam.create_open_id_connect_provider(Url="https://example.com", ThumbprintList=["a" * 40])
    return {"OpenIDConnectProviderArn": answer["OpenIDConnectProviderArn"]}


def _saml(world: World) -> Parameters:
    answer = world.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=certs.saml_metadata())
    return {"SAMLProviderArn": answer["SAMLProviderArn"]}


# --- simulations ---

_ACTIONS = tuple(f"s3:{name}" for name in ("GetObject", "PutObject", "ListBucket", "DeleteObject", "DeleteBucket"))


def _simulated_user(world: World) -> Parameters:
    world.user("ada")
    return {"PolicySourceArn": f"arn:aws:iam::{world.account}:user/ada", "ActionNames": list(_ACTIONS)}


def _simulated_policy(world: World) -> Parameters:
    return {"PolicyInputList": [text(ALLOW)], "ActionNames": list(_ACTIONS)}


LISTINGS: Mapping[str, Listing | Fixed] = {
    "GetAccountAuthorizationDetails": Listing(
        _nothing, _anything, _delete_anything, "UserName GroupName RoleName PolicyName"
    ),
    "GetGroup": Listing(
        _TEAM,
        _named(_member),
        lambda world, key: world.iam.remove_user_from_group(GroupName="team", UserName=key),
        "UserName",
    ),
    "ListAccessKeys": Listing(
        _ADA,
        _access_key,
        lambda world, key: world.iam.delete_access_key(UserName="ada", AccessKeyId=key),
        "AccessKeyId",
    ),
    "ListAttachedGroupPolicies": _attached("group", _TEAM, GroupName="team"),
    "ListAttachedRolePolicies": _attached("role", _WEB, RoleName="web"),
    "ListAttachedUserPolicies": _attached("user", _ADA, UserName="ada"),
    "ListEntitiesForPolicy": Listing(_versioned, _entity, _detach, "UserName GroupName RoleName"),
    "ListGroupPolicies": _inline("group", _TEAM, GroupName="team"),
    "ListGroups": _plain("GroupName", World.group, "delete_group", "GroupName"),
    "ListGroupsForUser": Listing(
        _ADA,
        _named(_joined),
        lambda world, key: world.iam.remove_user_from_group(GroupName=key, UserName="ada"),
        "GroupName",
    ),
    "ListInstanceProfileTags": _tags("instance_profile", _with(World.profile, "web", InstanceProfileName="web")),
    "ListInstanceProfiles": _plain(
        "InstanceProfileName", World.profile, "delete_instance_profile", "InstanceProfileName"
    ),
    "ListInstanceProfilesForRole": Listing(
        _WEB,
        _named(_profile_of_role),
        lambda world, key: world.iam.remove_role_from_instance_profile(InstanceProfileName=key, RoleName="web"),
        "InstanceProfileName",
    ),
    "ListMFADeviceTags": _tags("mfa_device", lambda world: {"SerialNumber": world.mfa_device("phone")["SerialNumber"]}),
    "ListMFADevices": Listing(
        _ADA,
        _enabled_device,
        lambda world, key: world.iam.deactivate_mfa_device(UserName="ada", SerialNumber=key),
        "SerialNumber",
    ),
    "ListOpenIDConnectProviderTags": _tags("open_id_connect_provider", _oidc),
    "ListPolicies": Listing(
        lambda world: {"Scope": "Local"},
        World.policy,
        lambda world, key: world.iam.delete_policy(PolicyArn=key),
        "Arn",
    ),
    "ListPolicyTags": _tags("policy", _versioned),
    "ListPolicyVersions": Listing(
        _versioned,
        _version,
        lambda world, key: world.iam.delete_policy_version(PolicyArn=world.policy_arn("list"), VersionId=key),
        "VersionId",
        present=("v1",),
    ),
    "ListRolePolicies": _inline("role", _WEB, RoleName="web"),
    "ListRoleTags": _tags("role", _WEB),
    "ListRoles": _plain("RoleName", World.role, "delete_role", "RoleName"),
    "ListSAMLProviderTags": _tags("saml_provider", _saml),
    "ListSSHPublicKeys": Listing(
        _ADA,
        _ssh_key,
        lambda world, key: world.iam.delete_ssh_public_key(UserName="ada", SSHPublicKeyId=key),
        "SSHPublicKeyId",
    ),
    "ListServerCertificateTags": _tags(
        "server_certificate", _with(World.server_certificate, "web", ServerCertificateName="web")
    ),
    "ListServerCertificates": _plain(
        "ServerCertificateName", World.server_certificate, "delete_server_certificate", "ServerCertificateName"
    ),
    "ListSigningCertificates": Listing(
        _ADA,
        _signing_certificate,
        lambda world, key: world.iam.delete_signing_certificate(UserName="ada", CertificateId=key),
        "CertificateId",
    ),
    "ListUserPolicies": _inline("user", _ADA, UserName="ada"),
    "ListUserTags": _tags("user", _ADA),
    "ListUsers": _plain("UserName", World.user, "delete_user", "UserName"),
    "ListVirtualMFADevices": Listing(
        _nothing,
        lambda world, name: str(world.mfa_device(name)["SerialNumber"]),
        lambda world, key: world.iam.delete_virtual_mfa_device(SerialNumber=key),
        "SerialNumber",
    ),
    "SimulateCustomPolicy": Fixed(_simulated_policy, "EvalActionName", _ACTIONS),
    "SimulatePrincipalPolicy": Fixed(_simulated_user, "EvalActionName", _ACTIONS),
}
"""Every listing that botocore can page, by operation; `ListAccountAliases` never has a second page."""
