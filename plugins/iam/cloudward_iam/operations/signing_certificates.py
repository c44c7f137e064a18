"""X.509 signing certificates of users and of the root user."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam import crypto
from cloudward_iam.certificate_errors import certificate_errors
from cloudward_iam.errors import DuplicateCertificate, InvalidInput, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.owners import Owner, owner
from cloudward_iam.paging import paged
from cloudward_iam.records.certificates import SigningCertificate
from cloudward_iam.state import Ctx

_ID_LENGTH = 32


@operation("UploadSigningCertificate")
def upload_signing_certificate(ctx: Ctx, *, certificate_body: str, user_name: str | None = None) -> dict[str, Any]:
    """Add a signing certificate to a user, or to the caller."""
    found = owner(ctx, user_name)
    table = ctx.state.signing_certificates
    with certificate_errors():
        parsed = crypto.certificates.parse_certificate(certificate_body)
        crypto.certificates.check_dates(parsed, ctx.now, "invalid")
    fingerprint = crypto.certificates.fingerprint(parsed)
    if table.count("fingerprint", fingerprint):
        raise DuplicateCertificate.certificate()
    check_quota(ctx, Quota.SIGNING_CERTIFICATES_PER_USER, table.count("user_id", found.user_id) + 1)
    certificate = SigningCertificate(
        certificate_id=unique_id("", _ID_LENGTH),
        user_id=found.user_id,
        certificate_body=certificate_body,
        status="Active",
        upload_date=ctx.now.replace(microsecond=0),
        fingerprint=fingerprint,
    )
    table.add(certificate)
    return {"Certificate": _shown(certificate, found)}


@operation("ListSigningCertificates")
def list_signing_certificates(
    ctx: Ctx, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's or the caller's signing certificates."""
    found = owner(ctx, user_name)
    table = ctx.state.signing_certificates
    return paged(
        ctx,
        "Certificates",
        lambda after, count: table.select_page("user_id", found.user_id, after=after, limit=count),
        listing="ListSigningCertificates",
        marker=marker,
        max_items=max_items,
        bound_to=(found.user_id,),
        show=lambda certificate: _shown(certificate, found),
    )


@operation("UpdateSigningCertificate")
def update_signing_certificate(ctx: Ctx, *, certificate_id: str, status: str, user_name: str | None = None) -> None:
    """Switch a signing certificate on or off."""
    certificate = _certificate(ctx, certificate_id, user_name)
    if status == "Expired":
        raise InvalidInput.status_expired()
    ctx.state.signing_certificates.put(certificate.replace(status=status))


@operation("DeleteSigningCertificate")
def delete_signing_certificate(ctx: Ctx, *, certificate_id: str, user_name: str | None = None) -> None:
    """Delete a signing certificate."""
    ctx.state.signing_certificates.remove(_certificate(ctx, certificate_id, user_name).certificate_id)


def _certificate(ctx: Ctx, certificate_id: str, user_name: str | None) -> SigningCertificate:
    found = owner(ctx, user_name)
    certificate = ctx.state.signing_certificates.get(certificate_id)
    # Root may name any certificate of the account without naming the user.
    if certificate is None or (certificate.user_id != found.user_id and found.user_name is not None):
        raise NoSuchEntity.signing_certificate(certificate_id)
    return certificate


def _shown(certificate: SigningCertificate, found: Owner) -> dict[str, Any]:
    return {
        "UserName": found.shown_name,
        "CertificateId": certificate.certificate_id,
        "CertificateBody": certificate.certificate_body,
        "Status": certificate.status,
        "UploadDate": certificate.upload_date,
    }
