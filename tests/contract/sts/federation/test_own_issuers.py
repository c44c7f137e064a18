"""Tokens that the gateway issues itself: on request, and by GetWebIdentityToken."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cloudward.cli.main import cli
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World, refused
from tests.contract.sts.federation.test_web_identity import assume, registered, trusting

GITHUB = "token.actions.githubusercontent.com"


def run(gateway: Gateway, *arguments: str) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--endpoint", gateway.url])
    assert done.exit_code == 0, done.output or done.exception
    return done.output.strip()


def post(gateway: Gateway, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        gateway.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def get(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    """Return status and body of a request that the gateway refuses."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        call()
    with caught.value as answer:
        return answer.code, answer.read().decode()


def decoded(text: str) -> dict[str, Any]:
    return _part(text, 1)


def _part(text: str, number: int) -> dict[str, Any]:
    return dict(json.loads(_bytes(text.split(".")[number])))


def _bytes(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text))


def verified_outside(text: str, discovery: str) -> dict[str, Any]:
    """Verify a token as a service outside would: from its issuer's documents, with another library."""
    document = get(discovery)
    header = _part(text, 0)
    key = next(found for found in get(document["jwks_uri"])["keys"] if found["kid"] == header["kid"])
    assert key.keys().isdisjoint({"d", "p", "q"})
    assert key["alg"] == header["alg"]
    assert header["alg"] in document["id_token_signing_alg_values_supported"]
    data, _, signed = text.rpartition(".")
    if header["alg"] == "RS256":
        public: Any = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        public.verify(_bytes(signed), data.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        public = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP384R1()).public_key()
        raw = _bytes(signed)
        pair = encode_dss_signature(int.from_bytes(raw[:48]), int.from_bytes(raw[48:]))
        public.verify(pair, data.encode(), ec.ECDSA(hashes.SHA384()))
    claims = decoded(text)
    assert claims["iss"] == document["issuer"]
    return claims


def discovery_of(gateway: Gateway, issuer: str) -> str:
    return f"{gateway.url}/_cloudward/oidc/{issuer.removeprefix('https://')}/.well-known/openid-configuration"


def test_a_token_for_production_trust_without_a_network(world: World) -> None:
    role = trusting(
        world,
        registered(world, GITHUB, "sts.amazonaws.com"),
        {"StringEquals": {f"{GITHUB}:sub": "repo:octo-org/app:ref:refs/heads/main"}},
    )
    text = run(world.gateway, "token", "--preset", "github-actions", "--set", "repository=octo-org/app")
    answer = assume(world, role, text)
    assert answer["SubjectFromWebIdentityToken"] == "repo:octo-org/app:ref:refs/heads/main"
    claims = verified_outside(text, discovery_of(world.gateway, f"https://{GITHUB}"))
    assert claims["repository_owner"] == "octo-org"
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    ("parameters", "subject"),
    [
        ({"environment": "prod"}, "repo:octo-org/octo-repo:environment:prod"),
        ({"pull_request": "true"}, "repo:octo-org/octo-repo:pull_request"),
        ({"ref": "refs/tags/v1"}, "repo:octo-org/octo-repo:ref:refs/tags/v1"),
    ],
)
def test_subjects_of_github(world: World, parameters: dict[str, str], subject: str) -> None:
    made = post(world.gateway, "/_cloudward/oidc/token", {"preset": "github-actions", "parameters": parameters})
    assert made["claims"]["sub"] == subject
    assert decoded(made["token"]) == made["claims"]


def test_githubs_claims_are_condition_keys(world: World) -> None:
    condition = {"StringEquals": {f"{GITHUB}:environment": "prod", f"{GITHUB}:actor": "octo-org"}}
    with running_gateway(Config(enforce="on")) as gateway:
        inside = World(gateway, world.session, world.account)
        role = trusting(inside, registered(inside, GITHUB, "sts.amazonaws.com"), condition)
        assume(inside, role, run(gateway, "token", "--preset", "github-actions", "--set", "environment=prod"))
        with refused() as answer:
            assume(inside, role, run(gateway, "token", "--preset", "github-actions"))
    assert answer.code == "AccessDenied"


def test_a_service_accounts_token(world: World) -> None:
    arguments = ["--preset", "eks", "--set", "namespace=shop", "--set", "service_account=cart"]
    text = run(world.gateway, "token", *arguments)
    claims = decoded(text)
    issuer = claims["iss"].removeprefix("https://")
    assert claims["sub"] == "system:serviceaccount:shop:cart"
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["kubernetes.io"]["serviceaccount"]["name"] == "cart"
    role = trusting(world, registered(world, issuer, "sts.amazonaws.com"))
    assert assume(world, role, text)["Audience"] == "sts.amazonaws.com"
    verified_outside(text, discovery_of(world.gateway, claims["iss"]))


def test_a_service_accounts_claims_are_condition_keys_of_role_and_session(world: World) -> None:
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789"
    subject = "system:serviceaccount:shop:cart"
    with running_gateway(Config(auth="strict", enforce="on")) as gateway:
        inside = World(gateway, world.session, world.account)
        condition = {"StringEquals": {f"{issuer}:sub": subject, f"{issuer}:aud": "sts.amazonaws.com"}}
        role = trusting(inside, registered(inside, issuer, "sts.amazonaws.com"), condition)
        statement = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
        statement["Condition"] = {  # type: ignore[assignment]
            "StringEquals": {f"{issuer}:sub": subject},
            "ArnLike": {"aws:FederatedProvider": f"arn:aws:iam::*:oidc-provider/{issuer}"},
        }
        inside.client("iam").put_role_policy(
            RoleName="web",
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
        )
        cluster = issuer.rpartition("/")[2]
        preset = ["--preset", "eks", "--set", "region=eu-west-1", "--set", f"cluster={cluster}", "--set"]
        shop = [*preset, "namespace=shop", "--set"]
        credentials = assume(inside, role, run(gateway, "token", *shop, "service_account=cart"))["Credentials"]
        inside.client("iam", credentials).list_users()
        with refused() as answer:
            assume(inside, role, run(gateway, "token", *shop, "service_account=till"))
    assert answer.code == "AccessDenied"


def test_cognito_is_trusted_without_registration(world: World) -> None:
    name = "cognito-identity.amazonaws.com"
    condition = {
        "StringEquals": {f"{name}:aud": "us-east-1:pool"},
        "ForAnyValue:StringLike": {f"{name}:amr": "authenticated"},
    }
    with running_gateway(Config(auth="strict", enforce="on")) as gateway:
        inside = World(gateway, world.session, world.account)
        role = trusting(inside, name, condition)
        token = ["token", "--issuer", f"https://{name}", "--sub", "us-east-1:user", "--aud", "us-east-1:pool"]
        answer = assume(inside, role, run(gateway, *token, "--claim", 'amr=["authenticated"]'))
        assert (answer["Provider"], answer["Audience"]) == (name, "us-east-1:pool")
        with refused() as denied:
            assume(inside, role, run(gateway, *token, "--claim", 'amr=["unauthenticated"]'))
    assert denied.code == "AccessDenied"


def test_everything_that_a_token_may_say(world: World) -> None:
    text = run(
        world.gateway, "token", "--issuer", "https://idp.example.com/tenant", "--sub", "alice", "--aud", "one", "--aud",
        "two", "--claim", "amr=[\"mfa\"]", "--claim", "plan=gold", "--tag", "team=blue", "--transitive", "team",
        "--source-identity", "alice@example.com", "--lasts", "60", "--algorithm", "ES384",
    )  # fmt: skip
    claims = verified_outside(text, discovery_of(world.gateway, "https://idp.example.com/tenant"))
    assert claims["aud"] == ["one", "two"]
    assert (claims["amr"], claims["plan"]) == (["mfa"], "gold")
    role = trusting(world, registered(world, "idp.example.com/tenant", "two"))
    answer = assume(world, role, text)
    assert (answer["Audience"], answer["SourceIdentity"]) == ("two", "alice@example.com")
    with refused() as expired:
        old = run(world.gateway, "token", "--issuer", "https://idp.example.com/tenant", "--sub", "a", "--lasts", "-1")
        assume(world, role, old)
    assert expired.code == "ExpiredTokenException"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "subject"),
        ({"issuer": "http://x.example.com", "subject": "a"}, "must begin with https://"),
        ({"issuer": "https://x.example.com:8443", "subject": "a"}, "neither port"),
        ({"preset": "gitlab"}, "preset 'gitlab' is not one of github-actions, eks"),
        ({"preset": "eks", "parameters": {"repository": "x"}}, "not repository"),
        ({"subject": "a", "parameters": {"x": "y"}}, "parameters are for presets"),
        ({"subject": "a", "algorithm": "HS256"}, "algorithm 'HS256'"),
        ({"sub": "a"}, "unknown field"),
    ],
)
def test_tokens_that_cannot_be_made(world: World, body: dict[str, Any], reason: str) -> None:
    status, text = refusal(lambda: post(world.gateway, "/_cloudward/oidc/token", body))
    assert status == 400
    assert reason in json.loads(text)["error"]


def test_issuers_that_are_not_there(world: World) -> None:
    for document in ("openid-configuration", "jwks.json"):
        where = f"{world.gateway.url}/_cloudward/oidc/nobody.example.com/.well-known/{document}"
        assert refusal(lambda where=where: get(where))[0] == 404  # type: ignore[misc]


def test_keys_outlive_a_restart(tmp_path: Path, in_gateway: Callable[[Gateway], World]) -> None:
    config = Config(state=str(tmp_path))
    with running_gateway(config) as gateway:
        world = in_gateway(gateway)
        role = trusting(world, registered(world, GITHUB, "sts.amazonaws.com"))
        text = run(gateway, "token", "--preset", "github-actions")
    with running_gateway(config) as gateway:
        assert assume(in_gateway(gateway), role, text)["Audience"] == "sts.amazonaws.com"
        listed = get(f"{gateway.url}/_cloudward/oidc")["issuers"]
        assert [found["issuer"] for found in listed] == [f"https://{GITHUB}"]


def test_handing_out_can_be_switched_off() -> None:
    with running_gateway(Config(plugin_settings={"sts": {"hand_out": "off"}})) as gateway:
        for path in ("/_cloudward/oidc/token", "/_cloudward/saml/response", "/_cloudward/credentials"):
            status, _ = refusal(lambda path=path: post(gateway, path, {"subject": "a"}))  # type: ignore[misc]
            assert status in (404, 405)


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_about_the_caller(world: World, algorithm: str) -> None:
    iam = world.client("iam")
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    key = world.user()
    iam.tag_user(UserName="alice", Tags=[{"Key": "team", "Value": "blue"}])
    answer = world.client("sts", key).get_web_identity_token(
        Audience=["https://api.example.com"],
        SigningAlgorithm=algorithm,
        DurationSeconds=600,
        Tags=[{"Key": "job", "Value": "7"}],
    )
    claims = verified_outside(answer["WebIdentityToken"], discovery_of(world.gateway, issuer))
    assert claims["iss"] == issuer
    assert claims["aud"] == "https://api.example.com"
    assert claims["sub"] == f"arn:aws:iam::{world.account}:user/alice"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["exp"] == int(answer["Expiration"].timestamp())
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": world.account,
        "source_region": "us-east-1",
        "principal_tags": {"team": "blue"},
        "request_tags": {"job": "7"},
    }


def test_a_role_sessions_token(world: World) -> None:
    issuer = world.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    role = world.role(path="/apps/", Tags=[{"Key": "team", "Value": "blue"}, {"Key": "tier", "Value": "1"}])
    session = world.assume(
        world.user(), role, DurationSeconds=900, Tags=[{"Key": "team", "Value": "red"}], SourceIdentity="alice"
    )["Credentials"]
    sts = world.client("sts", session)
    text = sts.get_web_identity_token(Audience=["a", "b"], SigningAlgorithm="ES384")["WebIdentityToken"]
    claims = verified_outside(text, discovery_of(world.gateway, issuer))
    assert claims["sub"] == role
    assert claims["aud"] == ["a", "b"]
    assert claims["exp"] - claims["iat"] == 300
    about = claims["https://sts.amazonaws.com/"]
    assert about["principal_tags"] == {"team": "red", "tier": "1"}
    assert about["source_identity"] == "alice"
    assert about["original_session_exp"].endswith("Z")
    with refused() as answer:
        sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384", DurationSeconds=3600)
    assert (answer.code, answer.status) == ("SessionDurationEscalationException", 403)


def test_an_account_trusts_another_ones_principals(world: World) -> None:
    issuer = world.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    text = world.client("sts", world.user()).get_web_identity_token(Audience=["b"], SigningAlgorithm="RS256")
    role = trusting(world, registered(world, issuer.removeprefix("https://"), "b"))
    answer = assume(world, role, text["WebIdentityToken"])
    assert answer["SubjectFromWebIdentityToken"] == f"arn:aws:iam::{world.account}:user/alice"


def test_tokens_that_are_refused(world: World) -> None:
    sts = world.client("sts", world.user())
    with refused() as disabled:
        sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="RS256")
    assert (disabled.code, disabled.status) == ("OutboundWebIdentityFederationDisabledException", 403)
    world.client("iam").enable_outbound_web_identity_federation()
    with refused() as algorithm:
        sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="HS256")
    assert algorithm.code == "ValidationError"
    with refused() as large:
        sts.get_web_identity_token(
            Audience=["a"],
            SigningAlgorithm="RS256",
            Tags=[{"Key": f"{number:0>128}", "Value": "v" * 256} for number in range(50)],
        )
    assert large.code == "JWTPayloadSizeExceededException"
    with refused() as twice:
        sts.get_web_identity_token(
            Audience=["a"], SigningAlgorithm="RS256", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
        )
    assert twice.code == "InvalidParameterValue"


def test_policies_about_tokens(world: World) -> None:
    with running_gateway(Config(auth="strict", enforce="on")) as gateway:
        inside = World(gateway, world.session, world.account)
        iam = inside.client("iam")
        iam.enable_outbound_web_identity_federation()
        sts = inside.client("sts", inside.user())
        statement = {
            "Effect": "Allow",
            "Action": "sts:GetWebIdentityToken",
            "Resource": "*",
            "Condition": {
                "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "ok"},
                "StringEquals": {"sts:SigningAlgorithm": "ES384"},
                "NumericLessThanEquals": {"sts:DurationSeconds": 300},
            },
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
        good: dict[str, Any] = {"Audience": ["ok"], "SigningAlgorithm": "ES384", "DurationSeconds": 300}
        assert sts.get_web_identity_token(**good)["WebIdentityToken"]
        for change in (
            {"Audience": ["ok", "other"]},
            {"SigningAlgorithm": "RS256"},
            {"DurationSeconds": 301},
            {"Tags": [{"Key": "a", "Value": "b"}]},
        ):
            with refused() as answer:
                sts.get_web_identity_token(**{**good, **change})
            assert answer.code == "AccessDenied"


def test_a_web_identitys_session_is_told_of(world: World) -> None:
    issuer = world.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    provider = registered(world, GITHUB, "sts.amazonaws.com")
    role = trusting(world, provider)
    session = assume(world, role, run(world.gateway, "token", "--preset", "github-actions"))["Credentials"]
    answer = world.client("sts", session).get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384")
    claims = verified_outside(answer["WebIdentityToken"], discovery_of(world.gateway, issuer))
    assert claims["https://sts.amazonaws.com/"]["federated_provider"] == provider
    left = session["Expiration"] - answer["Expiration"]
    assert left > timedelta(minutes=50)
