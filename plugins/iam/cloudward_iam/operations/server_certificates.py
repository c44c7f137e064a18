"""Server certificates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam import crypto
from cloudward_iam.arns import make_arn
from cloudward_iam.certificate_errors import certificate_errors
from cloudward_iam.errors import EntityAlreadyExists, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.paging import paged, under
from cloudward_iam.records.certificates import ServerCertificate
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without


@operation("UploadServerCertificate")
def upload_server_certificate(
    ctx: Ctx,
    *,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = "/",
    certificate_chain: str | None = None,
    tags: Tags = (),
) -> dict[str, Any]:
    """Add a server certificate with its private key and, if it has one, its chain."""
    table = ctx.state.server_certificates
    if server_certificate_name in table:
        raise EntityAlreadyExists.server_certificate(server_certificate_name)
    check_quota(ctx, Quota.SERVER_CERTIFICATES_PER_ACCOUNT, len(table) + 1)
    with certificate_errors():
        parsed = crypto.certificates.parse_certificate(certificate_body)
        crypto.certificates.check_dates(parsed, ctx.now)
        crypto.certificates.check_private_key(parsed, private_key)
        if certificate_chain is not None:
            crypto.certificates.check_chain(parsed, certificate_chain)
    certificate = ServerCertificate(
        path=path,
        server_certificate_name=server_certificate_name,
        server_certificate_id=unique_id("ASCA"),
        arn=make_arn(ctx.scope, "server-certificate", path, server_certificate_name),
        upload_date=ctx.now.replace(microsecond=0),
        expiration=parsed.not_after,
        certificate_body=certificate_body.strip(),
        private_key=private_key.strip(),
        certificate_chain=None if certificate_chain is None else certificate_chain.strip(),
        tags=merged(ctx, None, tags),
    )
    table.add(certificate)
    return {"ServerCertificateMetadata": _metadata(certificate), "Tags": certificate.tags}


@operation("GetServerCertificate")
def get_server_certificate(ctx: Ctx, *, server_certificate_name: str) -> dict[str, Any]:
    """Return a server certificate, without its private key."""
    certificate = _certificate(ctx, server_certificate_name)
    return {
        "ServerCertificate": {
            "ServerCertificateMetadata": _metadata(certificate),
            "CertificateBody": certificate.certificate_body,
            "CertificateChain": certificate.certificate_chain,
            "Tags": certificate.tags,
        }
    }


@operation("ListServerCertificates")
def list_server_certificates(
    ctx: Ctx, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's server certificates by name."""
    return paged(
        ctx,
        "ServerCertificateMetadataList",
        under(ctx.state.server_certificates, path_prefix),
        listing="ListServerCertificates",
        marker=marker,
        max_items=max_items,
        bound_to=(path_prefix,),
        show=_metadata,
    )


@operation("UpdateServerCertificate")
def update_server_certificate(
    ctx: Ctx,
    *,
    server_certificate_name: str,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> None:
    """Rename a server certificate or move it to another path."""
    table = ctx.state.server_certificates
    certificate = _certificate(ctx, server_certificate_name)
    name = new_server_certificate_name or certificate.server_certificate_name
    path = new_path or certificate.path
    other = table.get(name)
    if other is not None and other.server_certificate_id != certificate.server_certificate_id:
        raise EntityAlreadyExists.server_certificate(name)
    moved = certificate.replace(
        server_certificate_name=name, path=path, arn=make_arn(ctx.scope, "server-certificate", path, name)
    )
    table.replace(certificate.server_certificate_name, moved)


@operation("DeleteServerCertificate")
def delete_server_certificate(ctx: Ctx, *, server_certificate_name: str) -> None:
    """Delete a server certificate."""
    ctx.state.server_certificates.remove(_certificate(ctx, server_certificate_name).server_certificate_name)


@operation("TagServerCertificate")
def tag_server_certificate(ctx: Ctx, *, server_certificate_name: str, tags: Tags) -> None:
    """Set tags of a server certificate."""
    certificate = _certificate(ctx, server_certificate_name)
    ctx.state.server_certificates.put(certificate.replace(tags=merged(ctx, certificate.tags, tags)))


@operation("UntagServerCertificate")
def untag_server_certificate(ctx: Ctx, *, server_certificate_name: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a server certificate."""
    certificate = _certificate(ctx, server_certificate_name)
    ctx.state.server_certificates.put(certificate.replace(tags=without(certificate.tags, tag_keys)))


@operation("ListServerCertificateTags")
def list_server_certificate_tags(
    ctx: Ctx, *, server_certificate_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a server certificate's tags by key."""
    certificate = _certificate(ctx, server_certificate_name)
    owner = certificate.server_certificate_id
    return listed(ctx, "ListServerCertificateTags", owner, certificate.tags, marker, max_items)


def _certificate(ctx: Ctx, name: str) -> ServerCertificate:
    certificate = ctx.state.server_certificates.get(name)
    if certificate is None:
        raise NoSuchEntity.server_certificate(name)
    return certificate


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.server_certificate_name,
        "ServerCertificateId": certificate.server_certificate_id,
        "Arn": certificate.arn,
        "UploadDate": certificate.upload_date,
        "Expiration": certificate.expiration,
    }
