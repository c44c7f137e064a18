from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.iam.credentials.expect import paged, refused, tags, tags_of
from tests.unit.iam import certs

KEY = certs.ec_key()
START = datetime(2020, 1, 1, tzinfo=UTC)
BODY = certs.pem(certs.certificate(key=KEY, start=START))
PRIVATE = certs.private_pem(KEY)


def upload(iam: Any, name: str = "site", **more: Any) -> Any:
    arguments = {"CertificateBody": BODY, "PrivateKey": PRIVATE, **more}
    return iam.upload_server_certificate(ServerCertificateName=name, **arguments)


def test_a_certificate_is_uploaded_read_and_deleted(iam: Any, account: str) -> None:
    answer = upload(iam, Path="/cloudfront/", Tags=tags(a="1"))
    metadata = answer["ServerCertificateMetadata"]
    assert answer["Tags"] == tags(a="1")
    assert metadata["Arn"] == f"arn:aws:iam::{account}:server-certificate/cloudfront/site"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert metadata["Expiration"] == certs.NOW + timedelta(days=3650)
    found = iam.get_server_certificate(ServerCertificateName="site")["ServerCertificate"]
    assert found["ServerCertificateMetadata"] == metadata
    assert found["CertificateBody"] == BODY.strip()
    assert "CertificateChain" not in found
    assert "PRIVATE KEY" not in str(found)
    iam.delete_server_certificate(ServerCertificateName="site")
    message = "The Server Certificate with name site cannot be found."
    for call in (iam.get_server_certificate, iam.delete_server_certificate, iam.update_server_certificate):
        with refused("NoSuchEntity", message, 404):
            call(ServerCertificateName="site")


def test_a_chain_is_kept(iam: Any) -> None:
    root = certs.certificate("root", key=certs.ec_key("root"), start=START)
    leaf = certs.certificate("leaf", key=KEY, issuer="root", issuer_key=certs.ec_key("root"), start=START)
    upload(iam, CertificateBody=certs.pem(leaf), CertificateChain=certs.pem(root))
    found = iam.get_server_certificate(ServerCertificateName="site")["ServerCertificate"]
    assert found["CertificateChain"] == certs.pem(root).strip()


def test_bad_certificates_are_refused(iam: Any) -> None:
    other = certs.certificate("other", key=certs.ec_key("other"), start=START)
    expired = certs.certificate(key=KEY, start=START, end=datetime(2021, 1, 1, tzinfo=UTC))
    future = certs.certificate(key=KEY, start=datetime(2126, 1, 1, tzinfo=UTC), end=datetime(2127, 1, 1, tzinfo=UTC))
    unreadable = "Unable to parse certificate. Please ensure the certificate is in PEM format."
    for changes, code, message in (
        ({"CertificateBody": "hello"}, "MalformedCertificate", unreadable),
        ({"PrivateKey": "hello"}, "MalformedCertificate", "Invalid Private Key."),
        ({"PrivateKey": certs.private_pem(certs.ec_key("other"))}, "KeyPairMismatch", None),
        ({"CertificateChain": certs.pem(other)}, "MalformedCertificate", None),
        ({"CertificateChain": "hello"}, "MalformedCertificate", None),
        ({"CertificateBody": certs.pem(expired)}, "MalformedCertificate", None),
        ({"CertificateBody": certs.pem(future)}, "MalformedCertificate", None),
    ):
        with refused(code, message, 400):
            upload(iam, **changes)
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_names_are_taken_once_in_any_case(iam: Any) -> None:
    upload(iam)
    with refused("EntityAlreadyExists", "The Server Certificate with name SITE already exists.", 409):
        upload(iam, "SITE")


def test_certificates_are_listed_by_path(iam: Any) -> None:
    for name, path in (("a", "/x/"), ("b", "/y/"), ("c", "/x/z/")):
        upload(iam, name, Path=path)

    def names(**arguments: str) -> list[str]:
        found = paged(iam.list_server_certificates, "ServerCertificateMetadataList", **arguments)
        return [metadata["ServerCertificateName"] for metadata in found]

    assert names() == ["a", "b", "c"]
    assert names(PathPrefix="/x/") == ["a", "c"]


def test_a_certificate_is_renamed_and_moved(iam: Any, account: str) -> None:
    upload(iam)
    upload(iam, "taken")
    iam.update_server_certificate(ServerCertificateName="site", NewPath="/new/", NewServerCertificateName="page")
    found = iam.get_server_certificate(ServerCertificateName="page")["ServerCertificate"]["ServerCertificateMetadata"]
    assert found["Arn"] == f"arn:aws:iam::{account}:server-certificate/new/page"
    with refused("EntityAlreadyExists", status=409):
        iam.update_server_certificate(ServerCertificateName="page", NewServerCertificateName="taken")


def test_an_account_has_twenty_certificates_at_most(iam: Any) -> None:
    for number in range(20):
        upload(iam, f"site{number}")
    with refused("LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20", 409):
        upload(iam, "one-more")


def test_certificates_have_tags(iam: Any) -> None:
    upload(iam)
    named = {"ServerCertificateName": "site"}
    iam.tag_server_certificate(**named, Tags=tags(a="1", b="2"))
    assert tags_of(iam.list_server_certificate_tags, **named) == {"a": "1", "b": "2"}
    iam.untag_server_certificate(**named, TagKeys=["A"])
    assert tags_of(iam.list_server_certificate_tags, **named) == {"b": "2"}
    with refused("InvalidInput"):
        iam.tag_server_certificate(**named, Tags=tags(a="1", A="2"))
    for call, more in (
        (iam.tag_server_certificate, {"Tags": tags(a="1")}),
        (iam.untag_server_certificate, {"TagKeys": ["a"]}),
        (iam.list_server_certificate_tags, {}),
    ):
        with refused("NoSuchEntity"):
            call(ServerCertificateName="missing", **more)
