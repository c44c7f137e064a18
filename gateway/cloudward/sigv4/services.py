"""Which rules of signing a service follows.

Source: "Create a signed AWS API request" (IAM User Guide) for all services and "Authenticating Requests (AWS
Signature Version 4)" (Amazon S3 API Reference) for S3 and the services that speak its protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cloudward.sigv4.faults import EC2Faults, Faults, S3Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """How one service has requests signed.

    Attributes:
        name: The signing name that the credential scope must carry.
        also: Further signing names taken.
        s3: S3's canonical request: the path decoded and encoded once and not normalised, the payload hash taken from
            ``x-amz-content-sha256``, which is required. Else the path is normalised, and encoded once more.
        unsigned_payload: Whether UNSIGNED-PAYLOAD is taken.
        expires: Whether presigned requests are valid for ``X-Amz-Expires`` seconds (which is then required). Elsewhere
            they are valid as long as any signed request, whatever they say.
        token_after_signing: Whether presigned requests get their session token after the signature is made.
        skew: How far from the present a request may have been signed.
        faults: The errors, in the words of the service.
    """

    name: str
    also: frozenset[str] = frozenset()
    s3: bool = False
    unsigned_payload: bool = False
    expires: bool = False
    token_after_signing: bool = False
    skew: timedelta = timedelta(minutes=15)
    faults: type[Faults] = Faults

    def takes(self, service: str) -> bool:
        """Whether a credential scope for this signing name is for this service.

        Args:
            service: The scope's service.
        """
        return service == self.name or service in self.also


def _s3(name: str) -> ServiceRules:
    return ServiceRules(name=name, s3=True, unsigned_payload=True, expires=True, faults=S3Faults)


_RULES = {
    "s3": ServiceRules(
        name="s3",
        also=frozenset({"s3express", "s3-object-lambda"}),
        s3=True,
        unsigned_payload=True,
        expires=True,
        faults=S3Faults,
    ),
    "s3express": _s3("s3express"),
    "s3-object-lambda": _s3("s3-object-lambda"),
    "s3-outposts": _s3("s3-outposts"),
    "ec2": ServiceRules(name="ec2", faults=EC2Faults),
    "iotdevicegateway": ServiceRules(name="iotdevicegateway", token_after_signing=True),
}


def service_rules(name: str, *, unsigned_payload: bool = False) -> ServiceRules:
    """Find the rules of a service.

    Args:
        name: The service's signing name.
        unsigned_payload: Whether the operation called has the ``aws.auth#unsignedPayload`` trait.

    Returns:
        The rules; those that hold for AWS services in general where a service has none of its own.
    """
    rules = _RULES.get(name)
    return ServiceRules(name=name, unsigned_payload=unsigned_payload) if rules is None else rules
