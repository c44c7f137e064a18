"""The real AWS CLI where it does more than pass parameters on: it saves the bootstrap of a virtual MFA device."""

from __future__ import annotations

from pathlib import Path

import segno

from cloudward.testing import Gateway
from cloudward_iam.crypto import totp
from tests.contract.cli import aws, environment


def test_the_cli_saves_seed_and_qr_code(shared: Gateway, account: str, tmp_path: Path) -> None:
    env = environment(shared.url, account)
    create = ("iam", "create-virtual-mfa-device", "--virtual-mfa-device-name")
    seed_file, png = tmp_path / "seed", tmp_path / "code.png"
    aws(*create, "one", "--bootstrap-method", "Base32StringSeed", "--outfile", str(seed_file), env=env)
    assert len(totp.decode_seed(seed_file.read_text())) == totp.SEED_BYTES
    made = aws(*create, "two", "--bootstrap-method", "QRCodePNG", "--outfile", str(png), env=env)
    assert made["VirtualMFADevice"]["SerialNumber"] == f"arn:aws:iam::{account}:mfa/two"
    assert png.read_bytes().startswith(b"\x89PNG")


def test_the_qr_code_holds_the_whole_uri() -> None:
    uri = totp.otpauth_uri("x" * 226, "123456789012", "A" * 64)
    assert segno.make_qr(uri, error="m").version < 40
