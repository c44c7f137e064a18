"""Verification of AWS Signature Version 4 and 4A, as a server does it.

Pure functions: the request is whatever has SignedRequest's attributes, the time is an argument, and derived keys are
kept in a SigningKeyCache that the caller owns. parse_signature finds who claims to have signed a request; verify, given
that one's secret, proves it, chunks and trailing headers of the body included; compare explains a mismatch.
"""

from cloudward.sigv4.checksums import checksum
from cloudward.sigv4.chunked import STREAMING, decode_chunked, verify_chunks
from cloudward.sigv4.compare import ComparedLine, Difference, SignatureReport, compare
from cloudward.sigv4.errors import (
    IncompleteSignature,
    MissingAuthenticationToken,
    RequestExpired,
    SignatureDoesNotMatch,
    SignatureError,
)
from cloudward.sigv4.keys import SigningKeyCache, derive_signing_key
from cloudward.sigv4.parse import parse_signature
from cloudward.sigv4.post_form import PostForm
from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.services import ServiceRules, service_rules
from cloudward.sigv4.signature import Signature, Verified, Where
from cloudward.sigv4.verify import check, verify

__all__ = [
    "STREAMING",
    "ComparedLine",
    "Difference",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "PostForm",
    "RequestExpired",
    "ServiceRules",
    "Signature",
    "SignatureDoesNotMatch",
    "SignatureError",
    "SignatureReport",
    "SignedRequest",
    "SigningKeyCache",
    "Verified",
    "Where",
    "check",
    "checksum",
    "compare",
    "decode_chunked",
    "derive_signing_key",
    "parse_signature",
    "service_rules",
    "verify",
    "verify_chunks",
]
