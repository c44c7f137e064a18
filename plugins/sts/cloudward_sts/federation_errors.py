"""Errors of federation with AWS's messages.

Sources: IAM User Guide, "Troubleshoot SAML federation" and "Troubleshoot OIDC federation"; STS API Reference; messages
quoted in public issue reports.  Where AWS's text is not known, ours says what is wrong.
"""

from __future__ import annotations

from cloudward.api import AccessDenied, ServiceError, message


class InvalidIdentityToken(ServiceError, shape="InvalidIdentityTokenException"):
    """A token or assertion that proves nothing."""

    not_jwt = message("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    algorithm = message("The token is signed with the algorithm {}, which is not supported.")
    critical_header = message("The token has critical headers, which are not supported.")
    missing_claim = message("Missing a required claim: {}")
    claim_type = message("The claim {} of the token is not {}.")
    no_oidc_provider = message("No OpenIDConnect provider found in your account for {}")
    unknown_oauth_provider = message("The identity provider {} is not supported.")
    audience = message("Incorrect token audience")
    no_key = message(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
        "documentation for requirements"
    )
    thumbprint = message("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
    token_signature = message("The token's signature is invalid.")
    not_yet = message("Token is not valid yet: current date/time {} must not be before {}")
    tags_claim = message("The claim {} of the token is not well-formed.")
    not_base64 = message("The SAML response is not valid base64.")
    not_xml = message("The SAML response cannot be read: {}")
    no_saml_provider = message("Specified provider doesn't exist.")
    response_signature = message("Response signature invalid")
    response_structure = message("The SAML response must have exactly one assertion.")
    decryption = message("Invalid private key.")
    encryption_required = message("The identity provider's assertions must be encrypted.")
    saml_issuer = message("Issuer not present in specified provider")
    saml_audience = message("Response does not contain the required audience.")
    saml_recipient = message("The recipient or destination of the SAML response is not the AWS sign-in endpoint.")
    saml_subject = message("The SAML assertion has no subject that is confirmed for a bearer.")
    saml_condition = message("The SAML assertion has a condition that is not supported.")
    saml_time = message("The SAML assertion has no valid {}.")
    assertion_early = message("The SAML assertion is not valid yet.")
    replayed = message("The SAML assertion was used before.")
    no_session_name = message("RoleSessionName is required in AuthnResponse")
    session_name = message("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{{2,64}}")
    source_identity = message('Source Identity must match [a-zA-Z_0-9+=,.@-]{{2,64}} and not begin with "aws:"')
    no_role = message("Role is required in AuthnResponse")
    session_duration = message("SessionDuration in AuthnResponse must be a whole number between 900 and 43200")


class ExpiredToken(ServiceError, shape="ExpiredTokenException"):
    """A token or assertion after its end."""

    token = message("Token expired: current date/time {} must be before the expiration date/time {}")
    assertion = message("Token must be redeemed within 5 minutes of issuance")


class IDPCommunicationError(ServiceError, shape="IDPCommunicationErrorException"):
    """An identity provider that does not answer."""

    unreachable = message("The identity provider {} could not be reached: {}")


class IDPRejectedClaim(ServiceError, shape="IDPRejectedClaimException"):
    """An identity provider that says no."""

    saml_status = message("The identity provider reported that authentication failed: {}")
    access_token = message("The identity provider {} rejected the access token.")


class OutboundFederationDisabled(ServiceError, shape="OutboundWebIdentityFederationDisabledException"):
    """GetWebIdentityToken in an account that has not enabled it."""

    disabled = message("Outbound web identity federation is not enabled for this account.")


class SessionDurationEscalation(ServiceError, shape="SessionDurationEscalationException"):
    """A web identity token that would outlive the session that asks for it."""

    longer = message("The requested token duration would extend the session beyond its original expiration time.")


class TokenPayloadTooLarge(ServiceError, shape="JWTPayloadSizeExceededException"):
    """Tags that make a web identity token too large."""

    size = message("The requested token payload size of {} bytes exceeds the maximum allowed size of {} bytes.")


class NotTrusted(AccessDenied):
    """A role that the external identity may not assume; AWS does not tell it from one that is not there."""

    action = message("Not authorized to perform {}")
