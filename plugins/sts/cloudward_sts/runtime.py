"""What STS keeps of a running gateway beside its state."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import Credential, PluginSettings, random_bytes
from cloudward_sts.sealing import ForgedText, Purpose, Sealer
from cloudward_sts.settings import SETTINGS
from cloudward_sts.state import HOME, SealingKey, StsState

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import App, Transaction

LOG = logging.getLogger("cloudward.sts")
_DECODE_CREDENTIAL = msgspec.msgpack.Decoder(Credential).decode
_ENCODE = msgspec.msgpack.Encoder().encode


class StsRuntime:
    """The cipher of the gateway's sealing key, and what is sealed with it.

    Args:
        app: the gateway.

    Attributes:
        settings: the plugin's settings.
        disabled_regions: regions in which STS is not activated.

    Raises:
        ConfigError: a setting that cannot be used.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._sealer: Sealer | None = None
        self.settings = PluginSettings("sts", SETTINGS, app.config.plugin("sts"))
        for problem in self.settings.unknown():
            LOG.warning(problem)
        self.disabled_regions = frozenset(self.settings["disabled_regions"])

    def sealer(self, transaction: Transaction, now: datetime) -> Sealer:
        """Return what seals; makes the key when there is none yet.

        Args:
            transaction: reads the key, and writes a new one.
            now: the time.
        """
        place = transaction.state(StsState, HOME).sealing_key
        kept = place.get()
        if kept is None:
            kept = place.set(SealingKey(key=random_bytes(32), created_at=now))
        return self._of(kept.key)

    def encode_credential(
        self, transaction: Transaction, now: datetime, credential: Credential, smallest: int = 0
    ) -> str:
        """Return a session token that carries a credential.

        Args:
            transaction: reads the key.
            now: the time.
            credential: the credential.
            smallest: characters that the token must have at least.
        """
        return self.sealer(transaction, now).seal(Purpose.SESSION, _ENCODE(credential), smallest)

    def decode_credential(self, transaction: Transaction, token: str) -> Credential:
        """Return the credential that a session token carries.

        Args:
            transaction: reads the key.
            token: the token.

        Raises:
            ForgedText: the token was not made here, or was changed.
        """
        return _DECODE_CREDENTIAL(self._open(transaction, Purpose.SESSION, token))

    def encode(self, transaction: Transaction, now: datetime, purpose: Purpose, content: Any) -> str:
        """Return a sealed text.

        Args:
            transaction: reads the key.
            now: the time.
            purpose: what the text is for.
            content: anything that msgspec encodes.
        """
        return self.sealer(transaction, now).seal(purpose, _ENCODE(content))

    def decode(self, transaction: Transaction, purpose: Purpose, text: str) -> Any:
        """Return the content of a sealed text.

        Args:
            transaction: reads the key.
            purpose: what the text must be for.
            text: the text.

        Raises:
            ForgedText: it was not made here for this purpose, or was changed.
        """
        return msgspec.msgpack.decode(self._open(transaction, purpose, text))

    def _open(self, transaction: Transaction, purpose: Purpose, text: str) -> bytes:
        kept = transaction.state(StsState, HOME).sealing_key.get()
        if kept is None:
            raise ForgedText(purpose.name)
        return self._of(kept.key).open(purpose, text)

    def _of(self, key: bytes) -> Sealer:
        sealer = self._sealer
        if sealer is None or sealer.key != key:
            # The state was reset, or another process made the key.
            sealer = self._sealer = Sealer(key)
        return sealer
