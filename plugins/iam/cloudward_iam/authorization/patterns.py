"""Resource types of the Service Authorization Reference: their ARN patterns, filled and matched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from itertools import product

_VARIABLE = re.compile(r"\$\{(\w+)\}")
SCOPE_VARIABLES = ("Partition", "Region", "Account")
_MOST_ARNS = 256


class ArnPattern:
    """An ARN with variables, `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.

    Args:
        text: the pattern.

    Attributes:
        text: the pattern.
        variables: its variables but for partition, region and account.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.variables = tuple(dict.fromkeys(name for name in _VARIABLE.findall(text) if name not in SCOPE_VARIABLES))

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        pieces = _VARIABLE.split(self.text)
        made = [
            ("[^:]*" if piece in SCOPE_VARIABLES else ".+") if index % 2 else re.escape(piece)
            for index, piece in enumerate(pieces)
        ]
        return re.compile("".join(made), re.DOTALL)

    def fits(self, arn: str) -> bool:
        """Tell whether an ARN is of the type.

        Args:
            arn: the ARN.
        """
        return arn.startswith("arn:") and len(arn) <= 2048 and self._expression.fullmatch(arn) is not None

    def fill(self, values: Mapping[str, list[str]]) -> list[str]:
        """Return the ARNs that the pattern stands for.

        Args:
            values: every variable's values; one that is missing stands for anything.
        """
        names = tuple(dict.fromkeys(_VARIABLE.findall(self.text)))
        choices = [values.get(name) or ["*"] for name in names]
        made = []
        for combination in product(*choices):
            found = dict(zip(names, combination, strict=True))
            made.append(_VARIABLE.sub(lambda match, found=found: found[match[1]], self.text))  # type: ignore[misc]
            if len(made) >= _MOST_ARNS:
                break
        return made
