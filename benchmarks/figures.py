"""A measured figure and its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        group: what it belongs to.
        name: what was measured.
        value: the result.
        unit: `µs`, `ms`, `×`, `MiB`, `%`, or empty for an exponent.
        target: the value to reach; None where there is none.
        better: whether less or more is better.
        note: how, where that is not plain.
    """

    group: str
    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["less", "more"] = "less"
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "less" else self.value >= self.target

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return _number(self.value, self.unit)

    @property
    def shown_target(self) -> str:
        """The target with its unit and direction."""
        if self.target is None:
            return ""
        return f"{'≤' if self.better == 'less' else '≥'} {_number(self.target, self.unit)}"


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".strip() if unit != "×" else f"{text}×"
