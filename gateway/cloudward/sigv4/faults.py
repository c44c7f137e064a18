"""AWS's words for what is wrong with a signature: those of services in general, and where S3 and EC2 differ.

Sources: "Troubleshoot signed requests for AWS APIs" (IAM User Guide), "Error responses" (Amazon S3 API Reference), and
answers of the services as people have reported them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cloudward.sigv4 import errors
from cloudward.sigv4.signature import HMAC, TERMINATOR, Where
from cloudward.sigv4.times import format_basic, format_extended

if TYPE_CHECKING:
    from cloudward.sigv4.signature import Signature

CREDENTIAL_FORM = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"'
ECDSA_CREDENTIAL_FORM = '"<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"'


class Faults:
    """The errors of AWS services in general. Every method returns the error to raise."""

    @staticmethod
    def two_signatures(authorization: str) -> errors.SignatureError:
        """A request signed both in its header and its query string."""
        return errors.SignatureDoesNotMatch(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        )

    @staticmethod
    def repeated(name: str, where: Where) -> errors.SignatureError:
        """A header or parameter given more than once, of which only one could have been meant."""
        kind = "header" if where is Where.HEADER else "parameter"
        return errors.SignatureDoesNotMatch(f"The {kind} '{name}' must be given only once in a signed request.")

    @staticmethod
    def malformed_component(component: str, authorization: str) -> errors.SignatureError:
        """A part of the Authorization header that has no equal sign."""
        return errors.IncompleteSignature(
            f"'{component}' not a valid key=value pair (missing equal-sign) in Authorization header: '{authorization}'."
        )

    @staticmethod
    def incomplete_header(authorization: str, missing: Sequence[str], *, dated: bool) -> errors.SignatureError:
        """An Authorization header without some of its parts, or a request without a date."""
        reasons = [f"Authorization header requires '{name}' parameter." for name in missing]
        if not dated:
            reasons.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        return errors.IncompleteSignature(f"{' '.join(reasons)} Authorization={authorization}")

    @staticmethod
    def incomplete_query(missing: Sequence[str]) -> errors.SignatureError:
        """A presigned request without some of its parameters."""
        reasons = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        return errors.IncompleteSignature(f"{reasons} Re-examine the query-string parameters.")

    @staticmethod
    def unsupported_algorithm(algorithm: str, authorization: str, where: Where) -> errors.SignatureError:
        """An algorithm other than the two of Signature Version 4."""
        return errors.IncompleteSignature(f"Unsupported AWS 'algorithm': '{algorithm}'.")

    @staticmethod
    def missing_region_set(where: Where) -> errors.SignatureError:
        """A SigV4A signature that does not say for which regions it is."""
        if where is Where.QUERY:
            return Faults.incomplete_query(["X-Amz-Region-Set"])
        return errors.IncompleteSignature("Authorization header requires existence of a 'X-Amz-Region-Set' header.")

    @staticmethod
    def bad_date(text: str, where: Where) -> errors.SignatureError:
        """A signing time that is no time."""
        return errors.IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )

    @staticmethod
    def bad_expires(text: str, reason: str) -> errors.SignatureError:
        """An X-Amz-Expires that is no number of seconds within a week."""
        return errors.IncompleteSignature(reason)

    @staticmethod
    def bad_credential(credential: str, algorithm: str, where: Where) -> errors.SignatureError:
        """A credential that has not the right number of parts."""
        count, form = (5, "keyid/date/region/service/term") if algorithm == HMAC else (4, "keyid/date/service/term")
        return errors.IncompleteSignature(
            f"Credential must have exactly {count} slash-delimited elements, e.g. {form}, got '{credential}'"
        )

    @staticmethod
    def wrong_scope(signature: Signature, service: str, region: str | None) -> errors.SignatureError:
        """A credential scope for something else.

        Args:
            signature: The signature whose scope is wrong.
            service: The signing name that it should have.
            region: The region that it should have, or None when the region it has is right.
        """
        reasons = []
        if region is not None:
            given = signature.region if signature.region_set is None else signature.region_set
            reasons.append(f"Credential should be scoped to a valid region, not '{given}'.")
        if signature.service != service:
            reasons.append(f"Credential should be scoped to correct service: '{service}'.")
        if signature.terminator != TERMINATOR:
            reasons.append(
                f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{signature.terminator}'."
            )
        if signature.date != signature.timestamp[:8]:
            reasons.append(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{signature.date}' != '{signature.timestamp[:8]}', from '{signature.timestamp}'."
            )
        return errors.SignatureDoesNotMatch(" ".join(reasons))

    @staticmethod
    def expired(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        """A signature made too long ago."""
        earliest = format_basic(now - limit)
        return errors.SignatureDoesNotMatch(
            f"Signature expired: {signature.timestamp} is now earlier than {earliest} "
            f"({format_basic(now)} - {_minutes(limit)} min.)"
        )

    @staticmethod
    def not_yet(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        """A signature made in the future."""
        latest = format_basic(now + limit)
        return errors.SignatureDoesNotMatch(
            f"Signature not yet current: {signature.timestamp} is still later than {latest} "
            f"({format_basic(now)} + {_minutes(limit)} min.)"
        )

    @staticmethod
    def host_not_signed() -> errors.SignatureError:
        """A signature that does not cover the host."""
        return errors.SignatureDoesNotMatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")

    @staticmethod
    def headers_not_signed(names: Sequence[str]) -> errors.SignatureError:
        """Headers that mean something to AWS and that the signature does not cover."""
        return errors.SignatureDoesNotMatch(
            " ".join(f"'{name}' must be a 'SignedHeader' in the AWS Authorization." for name in names)
        )

    @staticmethod
    def mismatch(signature: Signature, canonical_request: str | None, string_to_sign: str) -> errors.SignatureError:
        """A signature other than the calculated one."""
        text = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        if canonical_request is not None:
            text += (
                f"\n\nThe Canonical String for this request should have been\n'{canonical_request}'"
                f"\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
            )
        return errors.SignatureDoesNotMatch(text)


class EC2Faults(Faults):
    """EC2's errors, which tell less."""

    @staticmethod
    def expired(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        """A signature made too long ago."""
        return errors.RequestExpired("Request has expired.")

    @staticmethod
    def mismatch(signature: Signature, canonical_request: str | None, string_to_sign: str) -> errors.SignatureError:
        """A signature other than the calculated one."""
        return errors.AuthFailure("AWS was not able to validate the provided access credentials")


class S3Faults(Faults):
    """The errors of S3 and the services that speak its protocol."""

    @staticmethod
    def two_signatures(authorization: str) -> errors.SignatureError:
        """A request signed both in its header and its query string."""
        return errors.InvalidArgument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified",
            {"ArgumentName": "Authorization", "ArgumentValue": authorization},
        )

    @staticmethod
    def repeated(name: str, where: Where) -> errors.SignatureError:
        """A header or parameter given more than once, of which only one could have been meant."""
        return _malformed(f"{name} must be given only once", where)

    @staticmethod
    def malformed_component(component: str, authorization: str) -> errors.SignatureError:
        """A part of the Authorization header that has no equal sign."""
        if not authorization.startswith("AWS4-"):
            return S3Faults.incomplete_header(authorization, (), dated=True)
        return _malformed(f'the authorization component "{component}" is malformed.', Where.HEADER)

    @staticmethod
    def incomplete_header(authorization: str, missing: Sequence[str], *, dated: bool) -> errors.SignatureError:
        """An Authorization header without some of its parts, or a request without a date."""
        if not authorization.startswith("AWS"):
            return errors.InvalidArgument(
                "Unsupported Authorization Type", {"ArgumentName": "Authorization", "ArgumentValue": authorization}
            )
        if not authorization.startswith("AWS4-"):
            return S3Faults.unsupported_algorithm("", authorization, Where.HEADER)
        if missing:
            return _malformed(
                "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
                Where.HEADER,
            )
        return S3Faults.bad_date("", Where.HEADER)

    @staticmethod
    def incomplete_query(missing: Sequence[str]) -> errors.SignatureError:
        """A presigned request without some of its parameters."""
        return errors.AuthorizationQueryParametersError(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )

    @staticmethod
    def unsupported_algorithm(algorithm: str, authorization: str, where: Where) -> errors.SignatureError:
        """An algorithm other than the two of Signature Version 4."""
        if where is Where.HEADER:
            return errors.InvalidRequest(
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            )
        return errors.AuthorizationQueryParametersError(
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
        )

    @staticmethod
    def missing_region_set(where: Where) -> errors.SignatureError:
        """A SigV4A signature that does not say for which regions it is."""
        if where is Where.HEADER:
            return errors.InvalidRequest("Missing required header for this request: x-amz-region-set")
        return _malformed("X-Amz-Region-Set is missing", where)

    @staticmethod
    def bad_date(text: str, where: Where) -> errors.SignatureError:
        """A signing time that is no time."""
        if where is Where.HEADER:
            return errors.AccessDenied("AWS authentication requires a valid Date or x-amz-date header")
        return errors.AuthorizationQueryParametersError(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )

    @staticmethod
    def bad_expires(text: str, reason: str) -> errors.SignatureError:
        """An X-Amz-Expires that is no number of seconds within a week."""
        return errors.AuthorizationQueryParametersError(reason)

    @staticmethod
    def bad_credential(credential: str, algorithm: str, where: Where) -> errors.SignatureError:
        """A credential that has not the right number of parts."""
        form = CREDENTIAL_FORM if algorithm == HMAC else ECDSA_CREDENTIAL_FORM
        return _malformed(f"the Credential is mal-formed; expecting {form}.", where)

    @staticmethod
    def wrong_scope(signature: Signature, service: str, region: str | None) -> errors.SignatureError:
        """A credential scope for something else (see Faults.wrong_scope)."""
        where = signature.where
        if signature.terminator != TERMINATOR:
            return _malformed(f'incorrect terminal "{signature.terminator}". This endpoint uses "{TERMINATOR}".', where)
        if signature.service != service:
            return _malformed(f'incorrect service "{signature.service}". This endpoint belongs to "{service}".', where)
        if region is not None:
            given = signature.region if signature.region_set is None else signature.region_set
            return _malformed(f"the region '{given}' is wrong; expecting '{region}'", where, {"Region": region})
        text = (
            f'Invalid credential date "{signature.date}". This date is not the same as X-Amz-Date: '
            f'"{signature.timestamp[:8]}".'
        )
        return _malformed(text, where)

    @staticmethod
    def expired(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        """A signature made too long ago."""
        if signature.where is Where.QUERY:
            return errors.AccessDenied(
                "Request has expired",
                {
                    "X-Amz-Expires": str(signature.expires),
                    "Expires": format_extended(signature.time + limit),
                    "ServerTime": format_extended(now),
                },
            )
        return S3Faults._skewed(signature, limit, now)

    @staticmethod
    def not_yet(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        """A signature made in the future."""
        if signature.where is Where.QUERY:
            return errors.AccessDenied("Request is not valid yet", {"ServerTime": format_extended(now)})
        return S3Faults._skewed(signature, limit, now)

    @staticmethod
    def _skewed(signature: Signature, limit: timedelta, now: datetime) -> errors.SignatureError:
        return errors.RequestTimeTooSkewed(
            "The difference between the request time and the current time is too large.",
            {
                "RequestTime": signature.timestamp,
                "ServerTime": format_extended(now),
                "MaxAllowedSkewMilliseconds": str(limit // timedelta(milliseconds=1)),
            },
        )

    @staticmethod
    def host_not_signed() -> errors.SignatureError:
        """A signature that does not cover the host."""
        return S3Faults.headers_not_signed(["host"])

    @staticmethod
    def headers_not_signed(names: Sequence[str]) -> errors.SignatureError:
        """Headers that mean something to AWS and that the signature does not cover."""
        return errors.AccessDenied(
            "There were headers present in the request which were not signed", {"HeadersNotSigned": ", ".join(names)}
        )

    @staticmethod
    def mismatch(signature: Signature, canonical_request: str | None, string_to_sign: str) -> errors.SignatureError:
        """A signature other than the calculated one."""
        fields = {
            "AWSAccessKeyId": signature.access_key_id,
            "StringToSign": string_to_sign,
            "SignatureProvided": signature.signature,
            "StringToSignBytes": _octets(string_to_sign),
        }
        if canonical_request is not None:
            fields |= {"CanonicalRequest": canonical_request, "CanonicalRequestBytes": _octets(canonical_request)}
        return errors.SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            fields,
        )


def _minutes(limit: timedelta) -> int:
    return limit // timedelta(minutes=1)


def _octets(text: str) -> str:
    """The bytes of a text as S3 shows them: two hexadecimal digits each."""
    return text.encode(errors="replace").hex(" ")


def _malformed(text: str, where: Where, fields: dict[str, str] | None = None) -> errors.SignatureError:
    if where is Where.HEADER:
        return errors.AuthorizationHeaderMalformed(f"The authorization header is malformed; {text}", fields)
    return errors.AuthorizationQueryParametersError(f"Error parsing the X-Amz-Credential parameter; {text}", fields)
