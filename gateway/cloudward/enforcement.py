"""Whether policies are enforced, where, and for whom: the settings, changeable while the gateway runs."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from cloudward.errors import ConfigError
from cloudward.scope import is_account

if TYPE_CHECKING:
    from cloudward.authorization import EnforceMode
    from cloudward.config import Config

MODES: tuple[EnforceMode, ...] = ("on", "soft", "off")

IN_WORDS = {
    "off": "Policies are NOT enforced: every authenticated call is allowed.",
    "soft": "Policies are evaluated, but not enforced: what they would deny is logged and allowed.",
    "on": "Policies are enforced.",
}


def check_places(accounts: Iterable[str], services: Iterable[str], known: Iterable[str]) -> None:
    """Make sure that names to limit enforcement to exist: one that does not would leave everything unenforced.

    Args:
        accounts: account ids.
        services: services' names.
        known: the services that there are.

    Raises:
        ConfigError: an account id that is none, or a service that is not known.
    """
    for account in accounts:
        if not is_account(account):
            raise ConfigError(f"enforcement: {account!r} is not a 12-digit account id")
    names = frozenset(known)
    for service in services:
        if service not in names:
            close = difflib.get_close_matches(service, names, 1)
            raise ConfigError(
                f"enforcement: no service is called {service!r}" + (f": did you mean {close[0]}?" if close else "")
            )


class Enforcement:
    """The mode of one gateway and where it holds.

    Args:
        config: the settings that it starts with.

    Attributes:
        mode: `on`, `soft` or `off`.
        accounts: the only accounts whose calls it holds for; empty holds for all.
        services: the only services that it holds for, by their names in boto3; empty holds for all.
        evaluates: whether any call is evaluated at all.
        watched: whether somebody wants every call evaluated, whatever the mode.
    """

    __slots__ = ("_processes", "_watchers", "accounts", "evaluates", "mode", "services", "watched")

    def __init__(self, config: Config) -> None:
        self.mode: EnforceMode = config.enforce
        self.accounts: frozenset[str] = frozenset(config.enforce_accounts)
        self.services: frozenset[str] = frozenset(config.enforce_services)
        self._processes = config.workers
        self._watchers = 0
        self._settle()

    def mode_for(self, account: str, service: str) -> EnforceMode:
        """Return the mode that holds for a call.

        Args:
            account: the account that the call is bound to.
            service: the service's name.
        """
        if (self.accounts and account not in self.accounts) or (self.services and service not in self.services):
            return "off"
        return self.mode

    def switch(
        self,
        mode: EnforceMode | None = None,
        accounts: Collection[str] | None = None,
        services: Collection[str] | None = None,
    ) -> None:
        """Change the mode or its lists from now on; what is None stays.

        Args:
            mode: the new mode.
            accounts: the only accounts that it holds for from now on; empty for all.
            services: the only services that it holds for from now on; empty for all.

        Raises:
            ConfigError: several processes serve, which one of them cannot switch.
        """
        if self._processes > 1:
            raise ConfigError(
                "enforcement cannot be switched while several processes serve: start the gateway with --enforce"
            )
        if mode is not None:
            self.mode = mode
        if accounts is not None:
            self.accounts = frozenset(accounts)
        if services is not None:
            self.services = frozenset(services)
        self._settle()

    def watch(self) -> None:
        """Have every call evaluated from now on, even those that are not enforced; ends with `unwatch`."""
        self._watchers += 1
        self._settle()

    def unwatch(self) -> None:
        """End what one `watch` began."""
        self._watchers = max(0, self._watchers - 1)
        self._settle()

    @property
    def in_words(self) -> str:
        """What holds, as a sentence."""
        words = IN_WORDS[self.mode]
        if self.mode != "off":
            if self.accounts:
                words += f" Only for accounts {', '.join(sorted(self.accounts))}."
            if self.services:
                words += f" Only for services {', '.join(sorted(self.services))}."
        return words

    def _settle(self) -> None:
        self.watched = self._watchers > 0
        self.evaluates = self.watched or self.mode != "off"
