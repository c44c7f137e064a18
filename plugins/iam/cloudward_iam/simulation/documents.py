"""Policy documents given to a simulation: checked, compiled once, and remembered."""

from __future__ import annotations

from functools import lru_cache

from cloudward_policy import (
    AttachedPolicy,
    CompiledPolicy,
    Finding,
    MalformedPolicy,
    PolicyKind,
    PolicySyntaxError,
    check_document,
    compile,  # noqa: A004  # the word of the trade
    parse,
)

_REMEMBERED = 256


class UnusableDocument(ValueError):
    """A document that cannot be simulated.

    Args:
        message: what is wrong, for people.
        malformed: whether AWS would refuse the document as such; False when only its evaluation fails.
    """

    def __init__(self, message: str, *, malformed: bool) -> None:
        super().__init__(message)
        self.message = message
        self.malformed = malformed


@lru_cache(_REMEMBERED)
def compiled(text: str, kind: PolicyKind) -> CompiledPolicy:
    """Return a document compiled, the same one for the same text and kind, so that it remembers its selections.

    Args:
        text: the document's JSON text.
        kind: what it is used as.

    Raises:
        UnusableDocument: it is malformed, or has something in it that cannot be evaluated.
    """
    try:
        document = check_document(text, kind)
    except MalformedPolicy as error:
        raise UnusableDocument(_worded(error.finding), malformed=True) from None
    policy = compile(document, kind)
    if policy.problems:
        problem = policy.problems[0]
        where = f"line {problem.position.line}, column {problem.position.column}"
        raise UnusableDocument(f"{problem.message} ({where})", malformed=False)
    return policy


def compiled_anyhow(text: str, kind: PolicyKind) -> CompiledPolicy:
    """Return a stored document compiled, whatever is wrong with it: what cannot be evaluated never allows.

    Args:
        text: the document's JSON text.
        kind: what it is used as.

    Raises:
        UnusableDocument: the text is not even JSON.
    """
    try:
        return compiled(text, kind)
    except UnusableDocument:
        try:
            return compile(parse(text), kind)
        except PolicySyntaxError as error:
            raise UnusableDocument(str(error), malformed=True) from None


def attached(texts: tuple[str, ...], kind: PolicyKind, name: str) -> tuple[AttachedPolicy, ...]:
    """Return documents as policies named `NAME.1`, `NAME.2` …, as the simulator names its inputs.

    Args:
        texts: the documents.
        kind: what they are used as.
        name: the name of the list they come from.

    Raises:
        UnusableDocument: one of them cannot be simulated; the message names it.
    """
    found = []
    for number, text in enumerate(texts, 1):
        label = f"{name}.{number}"
        try:
            found.append(AttachedPolicy(compiled(text, kind), label))
        except UnusableDocument as error:
            raise UnusableDocument(f"{label}: {error.message}", malformed=error.malformed) from None
    return tuple(found)


def guessed_kind(text: str) -> PolicyKind:
    """Return what a document is probably used as: what names principals hangs on a resource, without one on a role.

    Args:
        text: the document.
    """
    try:
        statements = parse(text).statements
    except PolicySyntaxError:
        return PolicyKind.IDENTITY
    if not any(statement.principal is not None for statement in statements):
        return PolicyKind.IDENTITY
    return PolicyKind.RESOURCE if any(statement.resource is not None for statement in statements) else PolicyKind.TRUST


def _worded(finding: Finding) -> str:
    where = f" (line {finding.position.line}, column {finding.position.column})" if finding.position else ""
    detail = f" {finding.detail}" if finding.detail and finding.detail != finding.message else ""
    return f"{finding.message}{detail}{where}"
