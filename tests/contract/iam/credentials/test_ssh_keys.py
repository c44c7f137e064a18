from __future__ import annotations

from typing import Any

import pytest

from tests.contract.iam.credentials.expect import paged, refused
from tests.unit.iam import certs

MISSING = "APKAMISSINGMISSINGMIS"


def upload(iam: Any, user: str, name: str = "one") -> Any:
    return iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=certs.ssh_text(certs.rsa_key(name)))[
        "SSHPublicKey"
    ]


def test_a_key_is_uploaded_and_read_in_both_encodings(iam: Any, user: str) -> None:
    body = certs.ssh_text(certs.rsa_key()) + " ada@example.com"
    key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body)["SSHPublicKey"]
    assert (key["UserName"], key["Status"], key["SSHPublicKeyBody"]) == (user, "Active", body)
    assert key["SSHPublicKeyId"].startswith("APKA")
    named = {"UserName": user, "SSHPublicKeyId": key["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**named, Encoding="SSH")["SSHPublicKey"] == key
    as_pem = iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]
    assert as_pem["SSHPublicKeyBody"] == certs.public_pem(certs.rsa_key())
    assert as_pem["Fingerprint"] == key["Fingerprint"]


def test_a_key_may_come_in_pem(iam: Any, user: str) -> None:
    key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=certs.public_pem(certs.rsa_key()))["SSHPublicKey"]
    got = iam.get_ssh_public_key(UserName=user, SSHPublicKeyId=key["SSHPublicKeyId"], Encoding="SSH")
    assert got["SSHPublicKey"]["SSHPublicKeyBody"] == certs.ssh_text(certs.rsa_key())


def test_keys_are_listed_switched_and_deleted(iam: Any, as_user: Any, user: str) -> None:
    ids = sorted(upload(iam, user, name)["SSHPublicKeyId"] for name in ("one", "two", "three"))
    listed = paged(iam.list_ssh_public_keys, "SSHPublicKeys", UserName=user)
    assert [key["SSHPublicKeyId"] for key in listed] == ids
    assert all("SSHPublicKeyBody" not in key for key in listed)
    assert as_user.list_ssh_public_keys()["SSHPublicKeys"] == listed
    iam.update_ssh_public_key(UserName=user, SSHPublicKeyId=ids[0], Status="Inactive")
    assert iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"][0]["Status"] == "Inactive"
    with refused("InvalidInput", status=400):
        iam.update_ssh_public_key(UserName=user, SSHPublicKeyId=ids[0], Status="Expired")
    with refused("DeleteConflict", status=409):
        iam.delete_user(UserName=user)
    for key_id in ids:
        iam.delete_ssh_public_key(UserName=user, SSHPublicKeyId=key_id)
    assert iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"] == []


def test_bad_keys_are_refused(iam: Any, user: str) -> None:
    for body, code in (
        ("not a key", "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        (certs.ssh_text(certs.ec_key()), "UnrecognizedPublicKeyEncoding"),
        (certs.ssh_text(certs.rsa_key(bits=1024)), "InvalidPublicKey"),
    ):
        with refused(code, status=400):
            iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body)
    assert iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"] == []


def test_a_user_has_a_key_once_and_five_at_most(iam: Any, user: str) -> None:
    upload(iam, user)
    with refused("DuplicateSSHPublicKey", status=400):
        upload(iam, user)
    for name in ("two", "three", "four", "five"):
        upload(iam, user, name)
    with refused("LimitExceeded", "Cannot exceed quota for SSHPublicKeysPerUser: 5", 409):
        upload(iam, user, "six")


def test_missing_users_and_keys_are_told(iam: Any, user: str) -> None:
    iam.create_user(UserName="grace")
    key = upload(iam, user)["SSHPublicKeyId"]
    for name, key_id in ((user, MISSING), ("grace", key)):
        named = {"UserName": name, "SSHPublicKeyId": key_id}
        for call in (
            lambda named=named: iam.get_ssh_public_key(**named, Encoding="SSH"),
            lambda named=named: iam.update_ssh_public_key(**named, Status="Active"),
            lambda named=named: iam.delete_ssh_public_key(**named),
        ):
            with refused("NoSuchEntity", f"The Public Key with id {key_id} cannot be found.", 404):
                call()
    for call in (
        lambda: upload(iam, "nobody"),
        lambda: iam.list_ssh_public_keys(UserName="nobody"),
        lambda: iam.delete_ssh_public_key(UserName="nobody", SSHPublicKeyId=key),
    ):
        with refused("NoSuchEntity", "The user with name nobody cannot be found."):
            call()


@pytest.mark.parametrize("encoding", ["ssh", "DER"])
def test_unknown_encodings_are_refused(iam: Any, user: str, encoding: str) -> None:
    key = upload(iam, user)["SSHPublicKeyId"]
    with refused("ValidationError"):
        iam.get_ssh_public_key(UserName=user, SSHPublicKeyId=key, Encoding=encoding)
