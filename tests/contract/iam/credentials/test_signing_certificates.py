from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.contract.iam.credentials.expect import paged, refused
from tests.unit.iam import certs

START = datetime(2020, 1, 1, tzinfo=UTC)


def body(serial: int = 1, **more: Any) -> str:
    return certs.pem(certs.certificate("ada", key=certs.rsa_key(), start=START, serial=serial, **more))


def upload(iam: Any, user: str, serial: int = 1) -> Any:
    return iam.upload_signing_certificate(UserName=user, CertificateBody=body(serial))["Certificate"]


def test_certificates_are_uploaded_listed_switched_and_deleted(iam: Any, as_user: Any, user: str) -> None:
    first, second = upload(iam, user, 1), upload(iam, user, 2)
    assert (first["UserName"], first["Status"], first["CertificateBody"]) == (user, "Active", body(1))
    listed = paged(iam.list_signing_certificates, "Certificates", 1, UserName=user)
    assert {found["CertificateId"] for found in listed} == {first["CertificateId"], second["CertificateId"]}
    assert as_user.list_signing_certificates()["Certificates"] == listed
    with refused("LimitExceeded", "Cannot exceed quota for CertificatesPerUser: 2", 409):
        upload(iam, user, 3)
    for found in (first, second):
        named = {"UserName": user, "CertificateId": found["CertificateId"]}
        iam.update_signing_certificate(**named, Status="Inactive")
        with refused("InvalidInput"):
            iam.update_signing_certificate(**named, Status="Expired")
        iam.delete_signing_certificate(**named)
    assert iam.list_signing_certificates(UserName=user)["Certificates"] == []


def test_a_user_with_a_certificate_is_not_deleted(iam: Any, user: str) -> None:
    upload(iam, user)
    with refused("DeleteConflict", "Cannot delete entity, must delete certificates first.", 409):
        iam.delete_user(UserName=user)


def test_root_has_certificates_of_its_own(iam: Any, user: str) -> None:
    made = iam.upload_signing_certificate(CertificateBody=body())["Certificate"]
    assert [found["CertificateId"] for found in iam.list_signing_certificates()["Certificates"]] == [
        made["CertificateId"]
    ]
    assert iam.list_signing_certificates(UserName=user)["Certificates"] == []
    iam.delete_signing_certificate(CertificateId=made["CertificateId"])


def test_a_certificate_is_uploaded_once(iam: Any, user: str) -> None:
    iam.create_user(UserName="grace")
    upload(iam, user)
    for name in (user, "grace"):
        with refused("DuplicateCertificate", status=409):
            upload(iam, name)


def test_bad_certificates_are_refused(iam: Any, user: str) -> None:
    with refused("MalformedCertificate", status=400):
        iam.upload_signing_certificate(UserName=user, CertificateBody="hello")
    expired = body(end=datetime(2021, 1, 1, tzinfo=UTC))
    with refused("InvalidCertificate", status=400):
        iam.upload_signing_certificate(UserName=user, CertificateBody=expired)


def test_missing_users_and_certificates_are_told(iam: Any, user: str) -> None:
    iam.create_user(UserName="grace")
    known = upload(iam, user)["CertificateId"]
    for name, certificate_id in ((user, "A" * 32), ("grace", known)):
        named = {"UserName": name, "CertificateId": certificate_id}
        message = f"The Certificate with id {certificate_id} cannot be found."
        with refused("NoSuchEntity", message, 404):
            iam.update_signing_certificate(**named, Status="Active")
        with refused("NoSuchEntity", message, 404):
            iam.delete_signing_certificate(**named)
    for call in (
        lambda: upload(iam, "nobody"),
        lambda: iam.list_signing_certificates(UserName="nobody"),
    ):
        with refused("NoSuchEntity", "The user with name nobody cannot be found."):
            call()
