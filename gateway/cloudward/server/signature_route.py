"""`/_cloudward/explain/signature`: the difference between what a client signed and what the gateway computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rolo import Request

from cloudward.errors import InvalidCredential
from cloudward.handlers.authenticate import root_credential
from cloudward.scope import partition_of
from cloudward.server.internal import InternalRoute, json_response
from cloudward.sigv4 import (
    ServiceRules,
    SignatureError,
    SignatureReport,
    SignedRequest,
    check,
    compare,
    parse_signature,
    service_rules,
)
from cloudward.sigv4.raw_request import parse_raw_request

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.sigv4 import Signature

PATH = "/_cloudward/explain/signature"


class SignatureQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """What the route takes.

    Attributes:
        request_id: a request that was refused here a short while ago; without it and a request, the last one.
        request: a saved HTTP request.
        service: the signing name of the service that it is for; by default the one that it was signed for.
        signed_text: the canonical request, or the string to sign, that the client signed.
    """

    request_id: str | None = None
    request: bytes | None = None
    service: str | None = None
    signed_text: str | None = None


class Unexplained(Exception):
    """Why there is nothing to compare.

    Args:
        reason: one sentence.
        status: the HTTP status.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class _Subject(NamedTuple):
    request: SignedRequest
    rules: ServiceRules | None
    reason: str
    request_id: str


def signature_route(app: App) -> InternalRoute:
    """Return the route.

    Args:
        app: the gateway.
    """

    def endpoint(request: Request) -> Any:
        try:
            question = msgspec.json.decode(request.get_data() or b"{}", type=SignatureQuestion)
            return _answer(app, question)
        except Unexplained as error:
            return json_response({"error": str(error)}, error.status)
        except msgspec.DecodeError as error:
            return json_response({"error": str(error)}, 400)

    return InternalRoute(PATH, endpoint, methods=("POST",))


def _answer(app: App, question: SignatureQuestion) -> dict[str, Any]:
    subject = _subject(app, question)
    signature = read_signature(subject.request, subject.rules)
    report = explain(
        subject.request, signature, _secret(app, signature), question.signed_text, subject.rules, subject.reason
    )
    return {"request_id": subject.request_id, **report}


def _subject(app: App, question: SignatureQuestion) -> _Subject:
    if question.request is not None:
        try:
            raw = parse_raw_request(question.request)
        except ValueError as error:
            raise Unexplained(str(error)) from None
        return _Subject(raw, service_rules(question.service) if question.service else None, "", "")
    kept = app.refused_signatures
    refused = kept.newest() if question.request_id is None else kept.get(question.request_id)
    if refused is None:
        which = "no request" if question.request_id is None else f"no request {question.request_id}"
        # With several workers each knows its own calls only.
        here = "here" if app.config.workers == 1 else "by this one of the gateway's processes"
        raise Unexplained(f"{which} was refused {here} for its signature among the last {kept.size}", 404)
    return _Subject(refused.wire, refused.rules, refused.reason, refused.request_id)


def read_signature(request: SignedRequest, rules: ServiceRules | None) -> Signature:
    """Return a request's signature.

    Args:
        request: the request.
        rules: how its service has requests signed; None takes what the signature says.

    Raises:
        Unexplained: it has none, or one that cannot be read.
    """
    try:
        signature = parse_signature(request, rules)
    except SignatureError as error:
        raise Unexplained(f"the signature cannot be read: {error.message}") from None
    if signature is None:
        raise Unexplained("the request carries no signature of version 4")
    return signature


def explain(
    request: SignedRequest,
    signature: Signature,
    secret_access_key: str,
    signed_text: str | None,
    rules: ServiceRules | None,
    reason: str = "",
) -> dict[str, Any]:
    """Return a report as JSON can hold it, its rendered text included.

    Args:
        request: the request.
        signature: its signature.
        secret_access_key: the secret of its key.
        signed_text: what the client signed, None when that is not known.
        rules: how its service has requests signed; None takes those of the service that the signature names.
        reason: why it was refused, when that is known.

    Raises:
        Unexplained: the request lacks what its service signs.
    """
    rules = rules if rules is not None else service_rules(signature.service)
    try:
        report = compare(request, signature, secret_access_key, signed_text, service=rules)
    except SignatureError as error:
        raise Unexplained(error.message) from None
    if not reason:
        try:
            # At the time of signing: what is wrong beside age, which a saved request always has.
            check(request, signature, now=signature.time, service=rules)
        except SignatureError as error:
            reason = error.message
    return _shown(report, reason.split("\n", 1)[0])


def _shown(report: SignatureReport, reason: str) -> dict[str, Any]:
    text = report.render()
    if reason and report.matches:
        # The client's key and text are right, and yet it was refused: too old, another scope, headers not signed.
        text = f"The signature itself is right, but: {reason}\n\n{text}"
    return {
        "matches": report.matches,
        "reason": reason,
        "conclusion": report.conclusion,
        "canonical_request": report.canonical_request,
        "string_to_sign": report.string_to_sign,
        "lines": [
            {
                "part": line.part,
                "difference": line.difference.value,
                "server": line.server,
                "client": line.client,
                "hint": line.hint,
            }
            for line in report.lines
        ],
        "text": text,
    }


def _secret(app: App, signature: Signature) -> str:
    partition = partition_of(signature.region or app.config.default_region)
    transaction = app.store.begin()
    try:
        credential = app.plugins.hook.cloudward_resolve_credential(
            app=app,
            transaction=transaction,
            access_key_id=signature.access_key_id,
            session_token=signature.session_token,
            partition=partition,
        )
    except InvalidCredential:
        raise Unexplained("the session token is not one of this gateway's (any more)", 404) from None
    finally:
        transaction.rollback()
    if credential is None:
        credential = root_credential(app.config, signature.access_key_id, partition)
    if credential is None:
        raise Unexplained(f"the access key id {signature.access_key_id} is not known here", 404)
    secret: str = credential.secret_access_key
    return secret
