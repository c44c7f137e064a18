"""AssumeRoleWithWebIdentity against a real issuer on this machine, with its policies enforced."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.cli import aws, environment
from tests.contract.sts.conftest import World, refused
from tests.contract.sts.federation.local_issuer import CURVES, LocalIssuers, local_issuers, public_jwk, signature, token

GOOD = "good.example.com"
NO_KEY = (
    "InvalidIdentityToken",
    (
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
        "documentation for requirements"
    ),
)


@dataclass
class Issuer:
    """The good issuer, its keys, and the gateway that knows where it is."""

    served: LocalIssuers
    keys: dict[str, Any]
    gateway: Gateway

    def sign(self, claims: dict[str, Any], algorithm: str = "RS256", **header: Any) -> str:
        name = algorithm if algorithm in self.keys else "RS256"
        key = self.keys[name]
        return token(
            claims, {"typ": "JWT", "alg": algorithm, "kid": name, **header}, lambda d: signature(algorithm, key, d)
        )


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    keys: dict[str, Any] = {"RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
    keys |= {name: ec.generate_private_key(curve()) for name, (curve, _) in CURVES.items()}
    with local_issuers() as served:
        served.serve(GOOD, [public_jwk(key, kid=name) for name, key in keys.items()])
        names = [GOOD, *(f"{name}.example.com" for name in ("bad", "other", "rotating", "single", "strict", "down"))]
        addresses = [f"{name}={served.url}/{name}" for name in names]
        addresses += [f"{name}={served.url}/{name}" for name in ("graph.facebook.com", "api.amazon.com")]
        addresses += [f"accounts.google.com={served.url}/accounts.google.com"]
        config = Config(
            auth="strict", enforce="on", plugin_settings={"sts": {"issuer_addresses": ", ".join(addresses)}}
        )
        with running_gateway(config) as gateway:
            yield Issuer(served, keys, gateway)


@pytest.fixture
def here(issuer: Issuer, in_gateway: Callable[[Gateway], World]) -> World:
    return in_gateway(issuer.gateway)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())  # noqa: TID251 - the issuer's own clock
    made = {"iss": f"https://{GOOD}", "sub": "alice", "aud": "app", "iat": now, "exp": now + 300, **changes}
    return {name: value for name, value in made.items() if value is not None}


def trusting(world: World, principal: str, condition: dict[str, Any] | None = None, name: str = "web") -> str:
    """Make a role that trusts a provider, and return its ARN."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": principal},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
    }
    if condition:
        statement["Condition"] = condition
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(world.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def registered(world: World, name: str = GOOD, *clients: str, thumbprints: list[str] | None = None) -> str:
    made = world.client("iam").create_open_id_connect_provider(
        Url=f"https://{name}", ClientIDList=list(clients or ("app",)), ThumbprintList=thumbprints or []
    )
    return str(made["OpenIDConnectProviderArn"])


def assume(world: World, role: str, text: str, **options: Any) -> dict[str, Any]:
    # Nobody signs this call: the token is the credential.
    sts = world.client("sts", config=ClientConfig(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
    return dict(
        sts.assume_role_with_web_identity(
            **{"RoleArn": role, "RoleSessionName": "session", "WebIdentityToken": text, **options}
        )
    )


@pytest.fixture
def role(here: World) -> str:
    return trusting(here, registered(here), {"StringEquals": {f"{GOOD}:aud": "app", f"{GOOD}:sub": "alice"}})


def test_a_token_becomes_credentials(here: World, issuer: Issuer, role: str) -> None:
    answer = assume(here, role, issuer.sign(claims()), DurationSeconds=900)
    assert answer["SubjectFromWebIdentityToken"] == "alice"
    assert answer["Audience"] == "app"
    assert answer["Provider"] == f"arn:aws:iam::{here.account}:oidc-provider/{GOOD}"
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{here.account}:assumed-role/web/session"
    identity = here.client("sts", answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert "PackedPolicySize" not in answer


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"])
def test_algorithms(here: World, issuer: Issuer, role: str, algorithm: str) -> None:
    assert assume(here, role, issuer.sign(claims(), algorithm))["SubjectFromWebIdentityToken"] == "alice"


def test_a_token_without_key_id(here: World, issuer: Issuer, role: str) -> None:
    key = issuer.keys["RS256"]
    text = token(claims(), {"alg": "RS256"}, lambda data: signature("RS256", key, data))
    assert assume(here, role, text)["Audience"] == "app"


def _hmac(secret: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(data)
    return mac.finalize()


def _public_pem(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _stranger(**header: Any) -> Callable[[Issuer], str]:
    return lambda issuer: token(
        claims(), {"alg": "RS256", "kid": "RS256", **header}, lambda data: signature("RS256", STRANGER, data)
    )


def _tampered(issuer: Issuer) -> str:
    head, _, tail = issuer.sign(claims()).split(".")
    forged = token(claims(sub="root"), {}, lambda data: b"").split(".")[1]
    return f"{head}.{forged}.{tail}"


ATTACKS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "unsigned": (lambda _: token(claims(), {"alg": "none"}, lambda data: b""), "algorithm none"),
    "unsigned, oddly written": (lambda _: token(claims(), {"alg": "nOnE"}, lambda data: b""), "algorithm nOnE"),
    "public key as secret": (
        lambda i: token(claims(), {"alg": "HS256", "kid": "RS256"}, lambda d: _hmac(_public_pem(i.keys["RS256"]), d)),
        "algorithm HS256",
    ),
    "algorithm of another key": (
        lambda i: token(claims(), {"alg": "ES256", "kid": "RS256"}, lambda d: signature("ES256", i.keys["ES256"], d)),
        "verification key",
    ),
    "no algorithm": (lambda _: token(claims(), {"typ": "JWT"}, lambda data: b"x"), "not a valid JWT"),
    "another key": (_stranger(), "signature is invalid"),
    "key in the header": (_stranger(jwk=public_jwk(STRANGER, kid="RS256")), "signature is invalid"),
    "key elsewhere": (_stranger(jku="http://127.0.0.1:9/keys", x5u="http://127.0.0.1:9/"), "signature is invalid"),
    "key id as path": (_stranger(kid="../../../dev/null"), "verification key"),
    "key id as query": (_stranger(kid="' OR 1=1 --"), "verification key"),
    "key id that is no text": (_stranger(kid=["RS256"]), "not a valid JWT"),
    "critical header": (lambda i: i.sign(claims(), crit=["exp"]), "critical headers"),
    "unencoded payload": (lambda i: i.sign(claims(), b64=False), "critical headers|valid JWT"),
    "changed claims": (_tampered, "signature is invalid"),
    "signature cut off": (lambda i: i.sign(claims()).rpartition(".")[0] + ".", "signature is invalid"),
    "two parts": (lambda i: i.sign(claims()).rpartition(".")[0], "not a valid JWT"),
    "no token": (lambda _: "an access token", "not a valid JWT"),
    "claims that are a list": (
        lambda i: token([], {"alg": "RS256", "kid": "RS256"}, lambda d: signature("RS256", i.keys["RS256"], d)),  # type: ignore[arg-type]
        "not a valid JWT",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(here: World, issuer: Issuer, role: str, attack: str) -> None:
    make, message = ATTACKS[attack]
    with refused() as answer:
        assume(here, role, make(issuer))
    assert (answer.code, answer.status) == ("InvalidIdentityToken", 400)
    assert any(part in answer.message for part in message.split("|")), answer.message


WRONG_CLAIMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "another audience": ({"aud": "other"}, "InvalidIdentityToken", "Incorrect token audience"),
    "another authorized party": ({"azp": "other"}, "InvalidIdentityToken", "Incorrect token audience"),
    "no audience": ({"aud": None}, "InvalidIdentityToken", "Missing a required claim: aud"),
    "no subject": ({"sub": None}, "InvalidIdentityToken", "Missing a required claim: sub"),
    "no issuer": ({"iss": None}, "InvalidIdentityToken", "Missing a required claim: iss"),
    "no expiry": ({"exp": None}, "InvalidIdentityToken", "Missing a required claim: exp"),
    "no time of issue": ({"iat": None}, "InvalidIdentityToken", "Missing a required claim: iat"),
    "expiry as fraction": ({"exp": 9999999999.5}, "InvalidIdentityToken", "The claim exp of the token is not"),
    "expiry as text": ({"exp": "9999999999"}, "InvalidIdentityToken", "The claim exp of the token is not"),
    "expired": ({"exp": 1700000000}, "ExpiredTokenException", "must be before the expiration date/time 1700000000"),
    "not yet valid": ({"nbf": 9999999998}, "InvalidIdentityToken", "Token is not valid yet"),
    "from the future": ({"iat": 9999999998, "exp": 9999999999}, "InvalidIdentityToken", "Token is not valid yet"),
    "an unknown issuer": (
        {"iss": "https://unknown.example.com"},
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://unknown.example.com",
    ),
    "a plain issuer": ({"iss": f"http://{GOOD}"}, "InvalidIdentityToken", "No OpenIDConnect provider found"),
    "an issuer without scheme": ({"iss": GOOD}, "InvalidIdentityToken", "No OpenIDConnect provider found"),
    "tags of the wrong shape": (
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a", "b"]}}},
        "InvalidIdentityToken",
        "https://aws.amazon.com/tags",
    ),
    "a source identity that is none": (
        {"https://aws.amazon.com/source_identity": "aws:me"},
        "InvalidIdentityToken",
        "Source Identity must match",
    ),
}


@pytest.mark.parametrize("case", WRONG_CLAIMS)
def test_claims_that_are_refused(here: World, issuer: Issuer, role: str, case: str) -> None:
    changes, code, message = WRONG_CLAIMS[case]
    with refused() as answer:
        assume(here, role, issuer.sign(claims(**changes)))
    assert answer.code == code
    assert message in answer.message


def test_the_provider_must_be_in_the_roles_account(here: World, issuer: Issuer, boto_session: Any, role: str) -> None:
    other = World(issuer.gateway, boto_session, f"{secrets.randbelow(8 * 10**11) + 10**11:012d}")
    elsewhere = trusting(other, f"arn:aws:iam::{here.account}:oidc-provider/{GOOD}")
    with refused() as answer:
        assume(other, elsewhere, issuer.sign(claims()))
    assert answer.message == f"No OpenIDConnect provider found in your account for https://{GOOD}"


def test_the_trust_policy_decides(here: World, issuer: Issuer, role: str) -> None:
    with refused() as answer:
        assume(here, role, issuer.sign(claims(sub="mallory")))
    assert (answer.code, answer.status) == ("AccessDenied", 403)
    assert answer.message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    with refused() as missing:
        assume(here, f"arn:aws:iam::{here.account}:role/nobody", issuer.sign(claims()))
    assert (missing.code, missing.message) == (answer.code, answer.message)


def test_one_of_several_audiences(here: World, issuer: Issuer, role: str) -> None:
    assert assume(here, role, issuer.sign(claims(aud=["x", "app"])))["Audience"] == "app"


def test_the_authorized_party_is_the_audience(here: World, issuer: Issuer) -> None:
    condition = {"StringEquals": {f"{GOOD}:aud": "party", f"{GOOD}:oaud": "app"}}
    role = trusting(here, registered(here, GOOD, "party"), condition)
    assert assume(here, role, issuer.sign(claims(azp="party")))["Audience"] == "party"


def test_condition_keys_of_lists(here: World, issuer: Issuer) -> None:
    condition = {"ForAnyValue:StringLike": {f"{GOOD}:amr": "authen*"}}
    role = trusting(here, registered(here), condition)
    assert assume(here, role, issuer.sign(claims(amr=["authenticated", "x"])))["Audience"] == "app"
    with refused() as answer:
        assume(here, role, issuer.sign(claims(amr=["x"])))
    assert answer.code == "AccessDenied"


@pytest.mark.parametrize("flat", [False, True])
def test_session_tags_and_source_identity(here: World, issuer: Issuer, flat: bool) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/team": "blue", "sts:SourceIdentity": "alice@example.com"},
        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]},
    }
    role = trusting(here, registered(here), condition)
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "iam:ListUsers",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", f"{GOOD}:sub": "alice"}},
        },
    }
    here.client("iam").put_role_policy(RoleName="web", PolicyName="p", PolicyDocument=json.dumps(document))
    name = "https://aws.amazon.com/tags"
    nested = {name: {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}}
    flattened = {f"{name}/principal_tags/team": "blue", f"{name}/transitive_tag_keys": ["team"]}
    source = {"https://aws.amazon.com/source_identity": "alice@example.com"}
    answer = assume(here, role, issuer.sign(claims(**(flattened if flat else nested), **source)))
    assert answer["SourceIdentity"] == "alice@example.com"
    assert answer["PackedPolicySize"] >= 1
    here.client("iam", answer["Credentials"]).list_users()
    with refused() as untagged:
        assume(here, role, issuer.sign(claims(**source)))
    assert untagged.code == "AccessDenied"


def test_tagging_must_be_allowed(here: World, issuer: Issuer) -> None:
    principal = registered(here)
    statement = {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": "sts:AssumeRoleWithWebIdentity"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = here.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assume(here, role, issuer.sign(claims()))
    with refused() as answer:
        assume(here, role, issuer.sign(claims(**{"https://aws.amazon.com/tags": {"principal_tags": {"a": ["b"]}}})))
    assert answer.code == "AccessDenied"


def test_session_policies_and_durations(here: World, issuer: Issuer, role: str) -> None:
    with refused() as answer:
        assume(here, role, issuer.sign(claims()), DurationSeconds=3601)
    assert answer.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused() as broken:
        assume(here, role, issuer.sign(claims()), Policy="{")
    assert broken.code == "MalformedPolicyDocument"
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    assert assume(here, role, issuer.sign(claims()), Policy=json.dumps(deny))["PackedPolicySize"] >= 1


def test_keys_are_fetched_once_and_again_for_a_new_one(here: World, issuer: Issuer) -> None:
    name = "rotating.example.com"
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    role = trusting(here, registered(here, name))

    def sign(key: Any, kid: str) -> str:
        header = {"alg": "ES256", "kid": kid}
        return token(claims(iss=f"https://{name}"), header, lambda data: signature("ES256", key, data))

    issuer.served.serve(name, [public_jwk(first, kid="1")])
    assume(here, role, sign(first, "1"))
    assume(here, role, sign(first, "1"))
    assert issuer.served.asked[f"/{name}/keys"] == 1
    issuer.served.serve(name, [public_jwk(second, kid="2")])
    assume(here, role, sign(second, "2"))
    assert issuer.served.asked[f"/{name}/keys"] == 2
    # Keys that nobody has heard of make the gateway ask, but not more often than it may.
    for number in range(12):
        with refused() as answer:
            assume(here, role, sign(first, f"no-{number}"))
        assert (answer.code, answer.message) == NO_KEY
    assert issuer.served.asked[f"/{name}/keys"] == 6
    assume(here, role, sign(second, "2"))


BAD_DOCUMENTS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "no discovery document": ({"/.well-known/openid-configuration": 404}, NO_KEY),
    "no JSON": ({"/.well-known/openid-configuration": b"<html>"}, NO_KEY),
    "another issuer's document": ({"/.well-known/openid-configuration": {"issuer": "https://x.example.com"}}, NO_KEY),
    "a redirect": ({"/keys": 302}, NO_KEY),
    "keys that are too many bytes": ({"/keys": b'{"keys": [], "x": "' + b"x" * 600_000 + b'"}'}, NO_KEY),
    "keys that are no list": ({"/keys": {"keys": {}}}, NO_KEY),
    "keys that cannot be read": ({"/keys": {"keys": [1, {"kty": "RSA", "kid": "RS256", "n": "", "e": 1}]}}, ("", "")),
    "keys for encryption": ({"/keys": {"keys": [{"kty": "RSA", "kid": "RS256", "use": "enc"}]}}, NO_KEY),
    "an error": ({"/keys": 503}, ("IDPCommunicationError", "could not be reached: it answered 503")),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_documents_that_cannot_be_used(in_gateway: Callable[[Gateway], World], issuer: Issuer, case: str) -> None:
    pages, (code, message) = BAD_DOCUMENTS[case]
    name = "bad.example.com"
    issuer.served.serve(name, [])
    issuer.served.pages |= {f"/{name}{path}": page for path, page in pages.items()}
    # A gateway that has not asked this issuer before.
    with running_gateway(
        Config(plugin_settings={"sts": {"issuer_addresses": f"{name}={issuer.served.url}/{name}"}})
    ) as gateway:
        world = in_gateway(gateway)
        role = trusting(world, registered(world, name))
        with refused() as answer:
            assume(world, role, issuer.sign(claims(iss=f"https://{name}")))
    assert answer.code == (code or "InvalidIdentityToken")
    assert message in answer.message


def test_an_issuer_that_does_not_answer(in_gateway: Callable[[Gateway], World], issuer: Issuer) -> None:
    with running_gateway(
        Config(plugin_settings={"sts": {"issuer_addresses": "down.example.com=http://127.0.0.1:1"}})
    ) as gateway:
        world = in_gateway(gateway)
        role = trusting(world, registered(world, "down.example.com"))
        with refused() as answer:
            assume(world, role, issuer.sign(claims(iss="https://down.example.com")))
    assert (answer.code, answer.status) == ("IDPCommunicationError", 400)


def test_google_is_trusted_without_registration(here: World, issuer: Issuer) -> None:
    issuer.served.serve("accounts.google.com", [public_jwk(issuer.keys["RS256"], kid="RS256")])
    condition = {"StringEquals": {"accounts.google.com:aud": "12345.apps", "accounts.google.com:oaud": "mine"}}
    role = trusting(here, "accounts.google.com", condition)
    for iss in ("https://accounts.google.com", "accounts.google.com"):
        answer = assume(here, role, issuer.sign(claims(iss=iss, aud="mine", azp="12345.apps")))
        assert answer["Provider"] == "accounts.google.com"
    with refused() as denied:
        assume(here, role, issuer.sign(claims(iss="https://accounts.google.com", aud="mine", azp="other")))
    assert denied.code == "AccessDenied"


def test_access_tokens_of_amazon_and_facebook(here: World, issuer: Issuer) -> None:
    issuer.served.pages["/api.amazon.com/auth/o2/tokeninfo"] = {"app_id": "amzn1.app", "user_id": "amzn1.user"}
    issuer.served.pages["/graph.facebook.com/app"] = {"id": "42"}
    issuer.served.pages["/graph.facebook.com/me"] = {"id": "7"}
    amazon = trusting(here, "www.amazon.com", {"StringEquals": {"www.amazon.com:app_id": "amzn1.app"}}, "amazon")
    answer = assume(here, amazon, "Atza|secret", ProviderId="www.amazon.com")
    assert (answer["Provider"], answer["Audience"]) == ("www.amazon.com", "amzn1.app")
    assert answer["SubjectFromWebIdentityToken"] == "amzn1.user"
    facebook = trusting(here, "graph.facebook.com", {"StringEquals": {"graph.facebook.com:id": "8"}}, "facebook")
    with refused() as denied:
        assume(here, facebook, "EAAB-token", ProviderId="graph.facebook.com")
    assert denied.code == "AccessDenied"
    issuer.served.pages["/graph.facebook.com/app"] = 400
    with refused() as rejected:
        assume(here, facebook, "EAAB-token", ProviderId="graph.facebook.com")
    assert (rejected.code, rejected.status) == ("IDPRejectedClaim", 403)
    with refused() as unknown:
        assume(here, facebook, "EAAB-token", ProviderId="www.example.com")
    assert unknown.code == "InvalidIdentityToken"


def test_the_gateways_clock_counts(issuer: Issuer, in_gateway: Callable[[Gateway], World]) -> None:
    addresses = {"issuer_addresses": f"{GOOD}={issuer.served.url}/{GOOD}"}
    with running_gateway(Config(plugin_settings={"sts": addresses})) as gateway:
        world = in_gateway(gateway)
        role = trusting(world, registered(world))
        text = issuer.sign(claims())
        assume(world, role, text)
        gateway.app.clock.move(timedelta(minutes=6))
        with refused() as answer:
            assume(world, role, text)
    assert (answer.code, answer.status) == ("ExpiredTokenException", 400)


def test_web_identity_token_file_of_boto3_and_the_cli(
    here: World, issuer: Issuer, role: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.sign(claims()))
    (tmp_path / "config").write_text(
        f"[profile web]\nrole_arn={role}\nweb_identity_token_file={file}\nrole_session_name=from-file\n"
    )
    env = environment(here.gateway.url, AWS_CONFIG_FILE=str(tmp_path / "config"))
    del env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    expected = f"arn:aws:sts::{here.account}:assumed-role/web/from-file"
    assert aws("sts", "get-caller-identity", "--profile", "web", env=env)["Arn"] == expected
    import boto3

    for name in ("AWS_CONFIG_FILE", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, env[name])
    found = boto3.Session(profile_name="web").client("sts").get_caller_identity()
    assert found["Arn"] == expected


def test_settings_that_cannot_be_used() -> None:
    from cloudward.api import ConfigError

    for text in ("x.example.com", "x.example.com=http://x.example.com", "x=ftp://127.0.0.1"):
        with (
            pytest.raises(ConfigError, match="issuer_addresses"),
            running_gateway(Config(plugin_settings={"sts": {"issuer_addresses": text}})),
        ):
            pass
