"""What an account's password policy asks of a password.

Source: IAM User Guide, "Set an account password policy for IAM users": the default policy (at least 8 characters, three
of four kinds of characters, not the account's id) holds until the account has one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
"""What counts as a non-alphanumeric character."""

UPPERCASE = "Password should have at least one uppercase letter"
LOWERCASE = "Password should have at least one lowercase letter"
NUMBER = "Password should have at least one number"
SYMBOL = "Password should have at least one symbol"

_KINDS = {
    UPPERCASE: lambda character: "A" <= character <= "Z",
    LOWERCASE: lambda character: "a" <= character <= "z",
    NUMBER: lambda character: "0" <= character <= "9",
    SYMBOL: lambda character: character in SYMBOLS,
}
_DEFAULT_KINDS = 3


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """The part of a password policy that looks at the password alone.

    Attributes:
        minimum_length: least number of characters.
        required: the kinds of characters that must be there, as the message about a missing one.
        kinds: how many of the four kinds must be there in any case.
    """

    minimum_length: int = 8
    required: tuple[str, ...] = ()
    kinds: int = 0


DEFAULT_RULES = PasswordRules(minimum_length=8, kinds=_DEFAULT_KINDS)


def violation(password: str, rules: PasswordRules, *, forbidden: tuple[str, ...] = ()) -> str | None:
    """Return AWS's message about what a password lacks, None for a good one.

    Args:
        password: the password.
        rules: the rules.
        forbidden: texts that the password must not be, such as the account's id.
    """
    if len(password) < rules.minimum_length:
        return f"Password should have a minimum length of {rules.minimum_length}"
    missing = [kind for kind, holds in _KINDS.items() if not any(map(holds, password))]
    lacking = [kind for kind in missing if kind in rules.required]
    if lacking:
        return ", ".join(lacking)
    short = rules.kinds - (len(_KINDS) - len(missing))
    if short > 0:
        return f"Password should meet {short} more of the following requirements: {', '.join(missing)}"
    if password in forbidden:
        return "Password should not be the same as the account name or email address"
    return None
