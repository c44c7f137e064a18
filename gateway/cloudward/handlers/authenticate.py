"""Step 2: who calls, proved by a signature.

Three modes (`auth` in the settings):

- `strict`: every request must be signed with a key that is known; the root user signs with the key `test` (the default
  account) or with a 12-digit account id as the key, and the root secret.
- `lenient`: a key that is known must sign rightly; any other, and no signature at all, is the root user of the account
  that the key encodes.  Temporary keys that only cloudward makes (`LSIA…`) are never "any other": one that is not known
  was forged, or belongs to a role that was deleted; under enforcement the same goes for long-term keys (`LKIA…`), so
  that whose key was deleted does not become root.
- `off`: keys tell who calls, nothing is verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cloudward.errors import InvalidCredential
from cloudward.events import RefusedSignature
from cloudward.handlers.refusals import Refusal, refusal, signature_refusal
from cloudward.handlers.signing_rules import SigningRules, regions_taken
from cloudward.identity import Caller, Credential, root_caller
from cloudward.ids import account_of_key
from cloudward.scope import is_account, partition_of
from cloudward.sigv4 import (
    STREAMING,
    SignatureDoesNotMatch,
    SignatureError,
    SigningKeyCache,
    Where,
    decode_chunked,
    parse_signature,
    verify,
)

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.config import Config
    from cloudward.handlers.call import Call
    from cloudward.protocols import WireRequest
    from cloudward.routing import Route, SigningScope
    from cloudward.sigv4 import ServiceRules, Signature

ROOT_KEY = "test"
"""The access key id of the default account's root user under strict authentication."""

_LONG_TERM_PREFIX = "LKIA"
_TEMPORARY_PREFIX = "LSIA"
_NO_AUTH = frozenset({"none", "smithy.api#noAuth"})
_SIGV2 = "AWS Signature Version 2 is not supported. Please use AWS4-HMAC-SHA256."


class Authenticate:
    """Sets the call's `caller`, and undoes the content encoding `aws-chunked`.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        config = app.config
        self._app = app
        self._resolve = app.plugins.direct("cloudward_resolve_credential")
        self._verifies = config.auth != "off"
        self._strict = config.auth == "strict"
        self._enforcement = app.enforcement
        self._made_here = (_TEMPORARY_PREFIX, config.temporary_key_prefix)
        self._keys = SigningKeyCache()
        self._rules = SigningRules(app.catalogue)

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Tell who makes a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: the credential or the signature is refused.
        """
        route = call.route
        assert route is not None
        rules = self._rules.of(route)
        try:
            call.caller = self._caller(call, route, rules)
        except SignatureError as error:
            refused = RefusedSignature(call.request_id, call.now, call.wire, rules, error.message)
            self._app.refused_signatures.add(refused)
            raise signature_refusal(error, route) from None

    def _caller(self, call: Call, route: Route, rules: ServiceRules) -> Caller:
        if not _NO_AUTH.isdisjoint(route.operation.auth):
            return self._anonymous()
        signing = call.signing
        wire = call.wire
        if self._strict:
            return self._proved_caller(call, route, rules)
        if signing is None:
            return self._unsigned(call, route, rules)
        # The key comes first: the signature of one that stands for root without proof need not even be read.
        key_id, token = signing.access_key_id, _session_token(wire)
        credential = self._credential(call, route, rules, key_id, token)
        if credential is not None and self._verifies:
            return self._proved_caller(call, route, rules, (key_id, token, credential))
        _decode_unverified(wire)
        if credential is not None:
            return credential.caller
        account = account_of_key(key_id) or self._app.config.default_account
        return root_caller(self._partition(signing), account, key_id)

    def _proved_caller(
        self,
        call: Call,
        route: Route,
        rules: ServiceRules,
        known: tuple[str, str | None, Credential] | None = None,
    ) -> Caller:
        """Return who signed a request, their signature checked.

        Args:
            call: the call.
            route: where it goes.
            rules: the service's rules of signing.
            known: a key, a session token and their credential, if it was looked for already.
        """
        wire = call.wire
        signature = None if call.signing is None and _bears_token(wire) else parse_signature(wire, rules)
        if signature is None:
            if call.signing is None:
                return self._unsigned(call, route, rules)
            raise SignatureDoesNotMatch(_SIGV2)
        key_id, token = signature.access_key_id, signature.session_token
        if known is not None and known[:2] == (key_id, token):
            credential: Credential | None = known[2]
        else:
            credential = self._credential(call, route, rules, key_id, token)
        if credential is None:
            raise refusal(Refusal.UNKNOWN_KEY, route, s3=rules.s3, credential=key_id)
        self._check(call, route, rules, credential, signature)
        return _proved(credential.caller)

    def _credential(
        self, call: Call, route: Route, rules: ServiceRules, key_id: str, token: str | None
    ) -> Credential | None:
        """Return what is known of a key, None for one that stands for root without proof."""
        try:
            credential: Credential | None = (
                self._resolve(self._app, call.transaction, self._partition(call.signing), key_id, token)
                if self._resolve is not None
                else None
            )
        except InvalidCredential:
            raise refusal(Refusal.INVALID_TOKEN, route, s3=rules.s3, credential=token or key_id) from None
        if credential is None and self._strict and token is None:
            credential = root_credential(self._app.config, key_id, self._partition(call.signing))
        if credential is None and (self._strict or (self._verifies and key_id.startswith(self._never_root()))):
            reason = Refusal.UNKNOWN_KEY if token is None else Refusal.INVALID_TOKEN
            raise refusal(reason, route, s3=rules.s3, credential=token or key_id)
        return credential

    def _never_root(self) -> tuple[str, ...]:
        """Return what keys begin with that do not stand for root when they are not known."""
        return (*self._made_here, _LONG_TERM_PREFIX) if self._enforcement.mode == "on" else self._made_here

    def _check(
        self, call: Call, route: Route, rules: ServiceRules, credential: Credential, signature: Signature
    ) -> None:
        """Check a known credential's state and the signature made with it."""
        caller = credential.caller
        if not credential.active or (signature.region and partition_of(signature.region) != caller.partition):
            raise refusal(Refusal.UNKNOWN_KEY, route, s3=rules.s3, credential=signature.access_key_id)
        if credential.expires_at is not None and credential.expires_at <= call.now:
            raise refusal(
                Refusal.EXPIRED_TOKEN, route, s3=rules.s3, credential=signature.session_token or signature.access_key_id
            )
        wire = call.wire
        verified = verify(
            wire,
            signature,
            credential.secret_access_key,
            now=self._app.clock.machine_now(),
            service=rules,
            regions=regions_taken(wire, signature, rules, self._app.config.default_region),
            keys=self._keys,
        )
        # A form is taken apart by the service, which needs more of it than the file.
        if verified.body is not wire.body and signature.where is not Where.FORM:
            wire.body = verified.body

    def _unsigned(self, call: Call, route: Route, rules: ServiceRules) -> Caller:
        wire = call.wire
        bears_token = _bears_token(wire)
        _decode_unverified(wire)
        if not self._strict:
            return root_caller(self._partition(None), self._app.config.default_account)
        if rules.s3 and self._enforcement.mode == "on" and not bears_token:
            # S3 lets anybody ask; the bucket's policy decides.
            return self._anonymous()
        reason = Refusal.UNKNOWN_BEARER if bears_token else Refusal.UNSIGNED
        raise refusal(reason, route, s3=rules.s3)

    def _anonymous(self) -> Caller:
        account = self._app.config.default_account
        return Caller(
            kind="anonymous", partition=self._partition(None), account=account, arn="anonymous", user_id="anonymous"
        )

    def _partition(self, signing: SigningScope | None) -> str:
        return partition_of((signing and signing.region) or self._app.config.default_region)


def root_credential(config: Config, key_id: str, partition: str) -> Credential | None:
    """Return the root user's credential under strict authentication, None for any other key.

    Args:
        config: the settings, which have the secret.
        key_id: the access key id.
        partition: the partition that the request is for.
    """
    if key_id == ROOT_KEY:
        account = config.default_account
    elif is_account(key_id):
        account = key_id
    else:
        return None
    return Credential(caller=root_caller(partition, account, key_id), secret_access_key=config.root_secret)


def _proved(caller: Caller) -> Caller:
    if caller.kind == "root" and caller.session is None:
        # AWS answers the account's number; the other id only stands in for root where nothing was proved.
        return replace(caller, user_id=caller.account, verified=True)
    return replace(caller, verified=True)


def _bears_token(wire: WireRequest) -> bool:
    """Tell whether a request carries another authentication scheme than AWS's signatures."""
    return wire.headers.get("authorization", "")[:7].lower().startswith(("bearer ", "basic "))


def _session_token(wire: WireRequest) -> str | None:
    token = wire.headers.get("x-amz-security-token")
    if token is None and "X-Amz-Security-Token=" in wire.raw_query:
        return next(iter(wire.query.get("X-Amz-Security-Token", ())), None)
    return token


def _decode_unverified(wire: WireRequest) -> None:
    """Undo `aws-chunked` in a body whose signature nobody checks."""
    if wire.headers.get("x-amz-content-sha256") in STREAMING:
        wire.body = decode_chunked(wire.body, wire.headers)[0]
