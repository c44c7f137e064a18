"""The keys of outside issuers: found through their discovery documents, kept for a while, fetched at a limited rate.

Sources: OpenID Connect Discovery 1.0, sections 3 and 4; IAM User Guide, "Create an OpenID Connect (OIDC) identity
provider", prerequisites.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from cloudward_sts.federation_errors import IDPCommunicationError, InvalidIdentityToken
from cloudward_sts.oidc.fetch import FetchError, ThumbprintError, UnreachableError, fetch
from cloudward_sts.oidc.tokens import UnverifiedToken, fitting
from cloudward_sts.settings import LOOPBACK

if TYPE_CHECKING:
    from cloudward.api import App

KEPT_FOR = timedelta(hours=1)
MOST_ISSUERS = 64
MOST_KEYS = 100
FETCHES_PER_MINUTE = 6
_REQUIRED_LISTS = ("response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported")


@dataclass
class _Kept:
    """One issuer's keys and when they were asked for."""

    keys: Sequence[Mapping[str, Any]] = ()
    fetched_at: datetime | None = None
    asked_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=FETCHES_PER_MINUTE))


class IssuerKeys:
    """Finds the keys that tokens of outside issuers are verified with.

    Args:
        app: the gateway.
        addresses: where issuers are reached that are not where their names say.
    """

    def __init__(self, app: App, addresses: Mapping[str, str]) -> None:
        self._clock = app.clock
        self._addresses = addresses
        self._kept: OrderedDict[tuple[str, frozenset[str]], _Kept] = OrderedDict()
        self._lock = Lock()

    def address(self, issuer: str) -> str:
        """Return where an issuer's documents are.

        Args:
            issuer: the issuer without its scheme.
        """
        return self._addresses.get(issuer, f"https://{issuer}")

    def find(
        self, issuer: str, url: str, token: UnverifiedToken, thumbprints: Collection[str]
    ) -> list[Mapping[str, Any]]:
        """Return the keys that a token may have been signed with.

        Args:
            issuer: the issuer without its scheme.
            url: the issuer as the token names it.
            token: the token.
            thumbprints: the registered provider's thumbprints.

        Raises:
            InvalidIdentityToken: there is no such key, or the issuer's documents cannot be used.
            IDPCommunicationError: the issuer does not answer.
        """
        # Keys fetched with the trust of one account's thumbprints are not for another's.
        place = (issuer, frozenset(thumbprints))
        # Caches age with the machine's clock: moving the gateway's says nothing about issuers outside.
        now = self._clock.machine_now()
        with self._lock:
            kept = self._kept.setdefault(place, _Kept())
            self._kept.move_to_end(place)
            while len(self._kept) > MOST_ISSUERS:
                self._kept.popitem(last=False)
            fresh = kept.fetched_at is not None and now - kept.fetched_at < KEPT_FOR
            found = fitting(kept.keys, token) if fresh else []
            if found:
                return found
            if len(kept.asked_at) == FETCHES_PER_MINUTE and now - kept.asked_at[0] < timedelta(minutes=1):
                raise InvalidIdentityToken.no_key()
            kept.asked_at.append(now)
        keys = self._fetch(issuer, url, thumbprints)
        with self._lock:
            kept.keys, kept.fetched_at = keys, now
        found = fitting(keys, token)
        if not found:
            raise InvalidIdentityToken.no_key()
        return found

    def _fetch(self, issuer: str, url: str, thumbprints: Collection[str]) -> Sequence[Mapping[str, Any]]:
        address = self.address(issuer)
        try:
            discovered = _read(fetch(f"{address.rstrip('/')}/.well-known/openid-configuration", thumbprints))
            where = discovered.get("jwks_uri")
            if discovered.get("issuer") not in (url, f"https://{issuer}") or not isinstance(where, str):
                raise InvalidIdentityToken.no_key()
            if not all(isinstance(discovered.get(name), list) for name in _REQUIRED_LISTS):
                raise InvalidIdentityToken.no_key()
            if urlsplit(where).scheme != "https" and not _is_local(where, address):
                raise InvalidIdentityToken.no_key()
            keys = _read(fetch(where, thumbprints)).get("keys")
        except ThumbprintError:
            raise InvalidIdentityToken.thumbprint() from None
        except UnreachableError as error:
            raise IDPCommunicationError.unreachable(url, error) from None
        except (FetchError, ValueError):
            raise InvalidIdentityToken.no_key() from None
        if not isinstance(keys, list) or len(keys) > MOST_KEYS:
            raise InvalidIdentityToken.no_key()
        return [key for key in keys if isinstance(key, dict)]


def _read(document: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise FetchError(str(error)) from None


def _is_local(url: str, address: str) -> bool:
    """Tell whether a plain address is on this machine, and the issuer itself was said to be."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK and urlsplit(address).hostname in LOOPBACK
