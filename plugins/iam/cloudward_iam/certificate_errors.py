"""From what is wrong with a certificate to the error that IAM answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloudward_iam import crypto
from cloudward_iam.errors import InvalidCertificate, KeyPairMismatch, MalformedCertificate

_ERRORS = {"malformed": MalformedCertificate, "mismatch": KeyPairMismatch, "invalid": InvalidCertificate}


@contextmanager
def certificate_errors() -> Iterator[None]:
    """Turn the faults of certificates and keys found inside into IAM's errors.

    Raises:
        MalformedCertificate: something cannot be read or does not verify.
        KeyPairMismatch: a key belongs to another certificate.
        InvalidCertificate: a certificate can be read, but not be used.
    """
    try:
        yield
    except crypto.certificates.CertificateError as fault:
        raise _ERRORS[fault.kind](fault.text) from None
