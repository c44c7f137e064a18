"""Compiled policies, kept as long as they are used."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from cloudward_policy import CompiledPolicy, PolicyKind, compile, parse  # noqa: A004  # the word of the trade

if TYPE_CHECKING:
    from collections.abc import Callable


class CompiledPolicies:
    """A bounded memory of compiled policies, by document; the least recently used go first.

    Args:
        size: how many it keeps.
    """

    def __init__(self, size: int = 4096) -> None:
        self.size = size
        self._policies: OrderedDict[tuple[str, PolicyKind], CompiledPolicy] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str, kind: PolicyKind) -> CompiledPolicy:
        """Return a document compiled.

        Args:
            text: its JSON text.
            kind: what it is used as.
        """
        return self.named(text, kind, lambda: text)

    def named(self, name: str, kind: PolicyKind, read: Callable[[], str]) -> CompiledPolicy:
        """Return a document compiled that something shorter than its text stands for.

        Args:
            name: what stands for it, different for different texts.
            kind: what it is used as.
            read: returns its JSON text; called when it is not compiled yet.
        """
        key = (name, kind)
        with self._lock:
            policy = self._policies.get(key)
            if policy is not None:
                self._policies.move_to_end(key)
                return policy
        policy = compile(parse(read()), kind)
        with self._lock:
            self._policies[key] = policy
            while len(self._policies) > self.size:
                self._policies.popitem(last=False)
        return policy

    def __len__(self) -> int:
        return len(self._policies)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._policies.clear()
