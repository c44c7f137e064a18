"""Issuers over TLS: authorities, thumbprints, and certificates shown without the right to them."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World, refused
from tests.contract.sts.federation.local_issuer import local_issuers, public_jwk, signature, token
from tests.contract.sts.federation.test_web_identity import assume, claims, registered, trusting

NAME = "tls.example.com"
MISMATCH = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
START = datetime(2020, 1, 1, tzinfo=UTC)


def certificate(name: str, key: Any, issuer: tuple[str, Any], *, authority: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(issuer[1], hashes.SHA256())


def thumbprint(found: x509.Certificate) -> str:
    return hashlib.sha1(found.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.fixture
def sign() -> tuple[Any, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    header = {"alg": "ES256", "kid": "1"}
    return key, token(claims(iss=f"https://{NAME}"), header, lambda data: signature("ES256", key, data))


@pytest.mark.parametrize(
    "case", ["of the server", "of its authority", "none", "of another", "of a stranger's authority"]
)
def test_thumbprints(case: str, sign: tuple[Any, str], tmp_path: Path, in_gateway: Callable[[Gateway], World]) -> None:
    root_key, server_key, thief_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = certificate("authority", root_key, ("authority", root_key), authority=True)
    server = certificate("server", server_key, ("authority", root_key), authority=False)
    key, text = sign
    shown = server
    if case == "of a stranger's authority":
        # Anybody can show an authority's certificate behind a certificate that the authority never signed.
        server_key = thief_key
        shown = certificate("server", thief_key, ("authority", thief_key), authority=False)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + shown.public_bytes(serialization.Encoding.PEM)
        + root.public_bytes(serialization.Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    thumbprints = {
        "of the server": [thumbprint(server)],
        "of its authority": ["0" * 40, thumbprint(root)],
        "none": [],
        "of another": ["0" * 40],
        "of a stranger's authority": [thumbprint(root)],
    }[case]
    with local_issuers(tls) as served:
        served.serve(NAME, [public_jwk(key, kid="1")])
        settings: dict[str, Any] = {"issuer_addresses": f"{NAME}={served.url}/{NAME}"}
        with running_gateway(Config(plugin_settings={"sts": settings})) as gateway:
            world = in_gateway(gateway)
            role = trusting(world, registered(world, NAME, thumbprints=thumbprints))
            if case in ("of the server", "of its authority"):
                assert assume(world, role, text)["Audience"] == "app"
                return
            with refused() as answer:
                assume(world, role, text)
            assert (answer.code, answer.message) == ("InvalidIdentityToken", MISMATCH)
            assert served.asked == {}
