"""Forged, wrapped and explosive SAML responses."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.contract.sts.conftest import refused
from tests.contract.sts.federation.conftest import Setup
from tests.contract.sts.federation.saml_idp import AWS, Signer, response


def _without_signature(setup: Setup) -> str:
    return response(setup.assertion().xml())


def _by_a_stranger(setup: Setup) -> str:
    return response(Signer().sign(setup.assertion().xml()))


def _changed(setup: Setup) -> str:
    return response(setup.signed()).replace(">alice<", ">admin<")


def _changed_attribute(setup: Setup) -> str:
    return response(setup.signed(attributes={f"{AWS}SourceIdentity": "alice"})).replace(
        "<saml:AttributeValue>alice<", "<saml:AttributeValue>admin<"
    )


def _split(signed: str) -> tuple[str, str]:
    """Return a signed assertion's signature, and the assertion without it."""
    start, end = signed.index("<ds:Signature "), signed.index("</ds:Signature>") + len("</ds:Signature>")
    return signed[start:end], signed[:start] + signed[end:]


def _evil(setup: Setup, identifier: str = "_evil", inside: str = "") -> str:
    return setup.assertion(identifier=identifier, subject="admin", inside=inside).xml()


def _with_signature(assertion: str, signature: str) -> str:
    return assertion.replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)


def _wrapped_beside(setup: Setup) -> str:
    return response(_evil(setup) + setup.signed())


def _wrapped_after(setup: Setup) -> str:
    return response(setup.signed() + _evil(setup))


def _wrapped_in_extensions(setup: Setup) -> str:
    extensions = f"<samlp:Extensions>{setup.signed()}</samlp:Extensions>"
    return response(_evil(setup), before=extensions)


def _wrapped_inside(setup: Setup) -> str:
    return response(_evil(setup, inside=setup.signed()))


def _wrapped_in_signature(setup: Setup) -> str:
    signed = setup.signed()
    signature, bare = _split(signed)
    carrying = signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
    return response(_with_signature(_evil(setup), carrying))


def _same_id(setup: Setup) -> str:
    signature, bare = _split(setup.signed(identifier="_same"))
    return response(_with_signature(_evil(setup, "_same"), signature) + bare)


def _same_id_within(setup: Setup) -> str:
    signature, bare = _split(setup.signed(identifier="_same"))
    return response(_with_signature(_evil(setup, "_same", inside=bare), signature))


def _signature_moved(setup: Setup) -> str:
    signature, _ = _split(setup.signed(identifier="_same"))
    return response(_with_signature(_evil(setup, "_other"), signature))


def _signature_of_response_over_nothing(setup: Setup) -> str:
    # The response's own signature is of the assertion within, which then is another.
    signature, _ = _split(setup.signed(identifier="_same"))
    return response(_evil(setup, "_same"), before="").replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)


def _two_signatures(setup: Setup) -> str:
    stranger, _ = _split(Signer().sign(_evil(setup, "_same")))
    good, bare = _split(setup.signed(identifier="_same"))
    return response(_with_signature(bare, good + stranger))


def _empty_reference(setup: Setup) -> str:
    return response(setup.signer.sign(setup.assertion().xml(), reference=""))


def _weak_digest(setup: Setup) -> str:
    return response(setup.signer.sign(setup.assertion().xml(), digest="sha1"))


def _hmac_with_certificate(setup: Setup) -> str:
    return response(setup.signed()).replace(
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
    )


ATTACKS = {
    name.__name__.strip("_"): name
    for name in (
        _without_signature, _by_a_stranger, _changed, _changed_attribute, _wrapped_beside, _wrapped_after,
        _wrapped_in_extensions, _wrapped_inside, _wrapped_in_signature, _same_id, _same_id_within, _signature_moved,
        _signature_of_response_over_nothing, _two_signatures, _empty_reference, _weak_digest, _hmac_with_certificate,
    )
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_on_signatures(setup: Setup, attack: str) -> None:
    with refused() as answer:
        setup.assume(ATTACKS[attack](setup))
    assert (answer.code, answer.status) == ("InvalidIdentityToken", 400)
    assert (
        answer.message.startswith(("Response signature invalid", "The SAML response must have exactly one assertion"))
        or "an id is used twice" in answer.message
    ), answer.message


def test_a_comment_does_not_cut_a_name_short(setup: Setup) -> None:
    document = response(setup.signed(subject="alice@example.com.evil.com"))
    cut = document.replace("alice@example.com.evil", "alice@example.com<!-- -->.evil")
    assert cut != document
    assert setup.assume(cut)["Subject"] == "alice@example.com.evil.com"


def bomb(levels: int = 9) -> str:
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, levels)
    )
    return f"<!DOCTYPE x [{entities}]>"


@pytest.mark.parametrize(
    ("prefix", "subject"),
    [
        ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', "&f;"),
        ('<!DOCTYPE x [<!ENTITY f SYSTEM "http://127.0.0.1:9/x">]>', "&f;"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "alice"),
        ('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>', "alice"),
        (bomb(), "&a8;"),
        ("<!DOCTYPE x []>", "alice"),
    ],
    ids=["file", "network", "dtd", "parameter entity", "bomb", "empty"],
)
def test_document_types_and_entities(setup: Setup, prefix: str, subject: str) -> None:
    document = prefix + response(setup.signed()).replace(">alice<", f">{subject}<")
    with refused() as answer:
        setup.assume(document)
    assert answer.code == "InvalidIdentityToken"
    assert "root:" not in answer.message


@pytest.mark.parametrize(
    "document", [b"", b"<", b"\xff\xfe", b"<a/>", b"not xml", b"<a>" * 5000], ids=lambda d: repr(d[:8])
)
def test_what_is_no_response(setup: Setup, document: bytes) -> None:
    with refused() as answer:
        setup.assume(document or b"    ")
    assert answer.code == "InvalidIdentityToken"


def test_size_and_encoding(setup: Setup) -> None:
    with refused() as answer:
        setup.assume("x" * 80_000)
    assert answer.code == "ValidationError"
    assert "length less than or equal to 100000" in answer.message
    with refused() as broken:
        setup.assume("", SAMLAssertion="no base64 !!!")
    assert broken.message == "The SAML response is not valid base64."
    encoded = b64encode(response(setup.signed()).encode()).decode()
    wrapped = "\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    assert setup.assume("", SAMLAssertion=wrapped)["Subject"] == "alice"
