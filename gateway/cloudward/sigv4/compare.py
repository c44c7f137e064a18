"""The difference between what a client signed and what the server computed, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from urllib.parse import unquote

from cloudward.sigv4.keys import signs, verification_key
from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.services import ServiceRules
from cloudward.sigv4.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, Signature
from cloudward.sigv4.verify import explainable


class Difference(Enum):
    """How a line of the server's text and one of the client's compare."""

    NONE = "same"
    CHANGED = "changed"
    ONLY_SERVER = "only in the server's"
    ONLY_CLIENT = "only in the client's"


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line of the server's text beside the client's.

    Attributes:
        part: What the line is, for example ``header host`` or ``query parameter Action``.
        difference: How the two compare.
        server: The server's line; None where it has none.
        client: The client's line; None where it has none.
        hint: The likely cause of a difference; empty where none is known.
    """

    part: str
    difference: Difference
    server: str | None
    client: str | None
    hint: str = ""

    @property
    def column(self) -> int:
        """Where the two lines begin to differ, counted from 0."""
        server, client = self.server or "", self.client or ""
        for index, (ours, theirs) in enumerate(zip(server, client, strict=False)):
            if ours != theirs:
                return index
        return min(len(server), len(client))


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What a server makes of a signed request.

    Attributes:
        canonical_request: The canonical request that the server computed.
        string_to_sign: The string to sign that the server computed.
        matches: Whether the request's signature is right for the secret access key.
        lines: The comparison with the client's text; empty when none was given.
    """

    canonical_request: str
    string_to_sign: str
    matches: bool
    lines: tuple[ComparedLine, ...] = ()

    @property
    def differences(self) -> tuple[ComparedLine, ...]:
        """The lines that differ."""
        return tuple(line for line in self.lines if line.difference is not Difference.NONE)

    @property
    def conclusion(self) -> str:
        """What follows from the comparison, in one sentence."""
        if self.matches:
            return "The signature matches."
        if not self.lines:
            return (
                "The signature does not match. Give the canonical request that the client signed (--client FILE; the "
                "debug log has it) to see where. If nothing differs, the secret access key is wrong."
            )
        count = len(self.differences)
        if count:
            return f"The signature does not match: {count} line{'s differ' if count > 1 else ' differs'}."
        return (
            "The signature does not match although both signed the same text: the secret access keys differ, "
            "or the client derived its key for another date, region or service."
        )

    def render(self) -> str:
        """Format the report for a terminal.

        Returns:
            Plain text; characters that a terminal would not show are escaped.
        """
        return "\n".join(self._rendered())

    def _rendered(self) -> Iterator[str]:
        yield self.conclusion
        for title, text in (
            ("Canonical request computed by the server", self.canonical_request),
            ("String to sign computed by the server", self.string_to_sign),
        ):
            yield ""
            yield f"{title}:"
            yield from (f"  {_visible(line)}" for line in text.split("\n"))
        if not self.lines:
            return
        yield ""
        yield "Compared with the client's (= same, ! changed, - only the server's, + only the client's):"
        for line in self.lines:
            yield from _rendered_line(line)


_MARKS = {
    Difference.NONE: "=",
    Difference.CHANGED: "!",
    Difference.ONLY_SERVER: "-",
    Difference.ONLY_CLIENT: "+",
}


def _rendered_line(line: ComparedLine) -> Iterator[str]:
    mark = _MARKS[line.difference]
    if line.difference is Difference.NONE:
        yield f"{mark} {line.part}: {_visible(line.server or '')}"
        return
    yield f"{mark} {line.part}"
    if line.server is not None:
        yield f"    server  {_visible(line.server)}"
    if line.client is not None:
        yield f"    client  {_visible(line.client)}"
    if line.difference is Difference.CHANGED:
        shown = len(_visible((line.server or "")[: line.column]))
        yield f"            {' ' * shown}^ from here"
    if line.hint:
        yield f"    {line.hint}"


def _visible(text: str) -> str:
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def compare(
    request: SignedRequest,
    signature: Signature,
    secret_access_key: str,
    client_canonical_request: str | None = None,
    *,
    service: ServiceRules | str | None = None,
) -> SignatureReport:
    """Compute what the server would sign, and compare it with what the client did.

    Args:
        request: The request as received.
        signature: Its signature, of parse_signature.
        secret_access_key: The secret access key that belongs to the signature's access key id.
        client_canonical_request: The canonical request, or the string to sign, that the client signed (SDKs write
            both to their debug logs).
        service: The service that the request is for; by default the one that the credential scope names.

    Returns:
        The report.

    Raises:
        SignatureError: The request has no payload hash although S3 requires one.
    """
    canonical, text = explainable(request, signature, signature.service if service is None else service)
    key = verification_key(signature, secret_access_key)
    matches = signs(key, signature.signature, text.encode(errors="replace"))
    if client_canonical_request is None:
        return SignatureReport(canonical, text, matches)
    given = client_canonical_request.replace("\r\n", "\n").strip("\n")
    if given.startswith("AWS4-"):
        lines = _compared(_labelled_string(text), _labelled_string(given))
    else:
        lines = _compared(_labelled_request(canonical), _labelled_request(given))
    return SignatureReport(canonical, text, matches, tuple(lines))


Labelled = list[tuple[str, str]]


def _labelled_string(text: str) -> Labelled:
    names = ("algorithm", "time", "credential scope", "hash of the canonical request")
    return [
        (names[number] if number < len(names) else f"line {number + 1}", line)
        for number, line in enumerate(text.split("\n"))
    ]


def _labelled_request(text: str) -> Labelled:
    """Name the parts of a canonical request; query parameters and headers become a line each."""
    lines = text.split("\n")
    if len(lines) < 6 or "" not in lines[3:]:
        return [(f"line {number}", line) for number, line in enumerate(lines, 1)]
    end = lines.index("", 3)
    labelled = [("method", lines[0]), ("path", lines[1])]
    labelled += [(f"query parameter {unquote(part.partition('=')[0])}", part) for part in lines[2].split("&") if part]
    labelled += [(f"header {line.partition(':')[0]}", line) for line in lines[3:end]]
    rest = lines[end + 1 :]
    names = ("signed headers", "payload hash")
    labelled += [(names[n] if n < len(names) else f"line {end + n + 2}", line) for n, line in enumerate(rest)]
    return labelled


def _compared(ours: Labelled, theirs: Labelled) -> Iterator[ComparedLine]:
    """Bring lines of the same part side by side."""
    matcher = SequenceMatcher(a=[part for part, _ in ours], b=[part for part, _ in theirs], autojunk=False)
    for tag, start, end, client_start, client_end in matcher.get_opcodes():
        if tag == "equal":
            for (part, server), (_, client) in zip(ours[start:end], theirs[client_start:client_end], strict=True):
                if server == client:
                    yield ComparedLine(part, Difference.NONE, server, client)
                else:
                    yield ComparedLine(part, Difference.CHANGED, server, client, _hint(part, server, client))
            continue
        for part, server in ours[start:end]:
            yield ComparedLine(part, Difference.ONLY_SERVER, server, None, _hint(part, server, None))
        for part, client in theirs[client_start:client_end]:
            yield ComparedLine(part, Difference.ONLY_CLIENT, None, client, _hint(part, None, client))


def _hint(part: str, server: str | None, client: str | None) -> str:
    """The likely cause of a difference."""
    kind = part.partition(" ")[0]
    if kind == "header" and server is None:
        return "The client signed this header, but it did not arrive: perhaps a proxy removed it."
    if kind == "query" and server is None:
        return "The client signed this parameter, but it did not arrive."
    if kind == "query" and client is None:
        return "This parameter arrived, but the client did not sign it."
    if server is None or client is None:
        return ""
    if part == "header host":
        return "The client signed another host: perhaps a proxy or an endpoint setting replaced it."
    if kind == "header" and server.partition(":")[2].split() == client.partition(":")[2].split():
        return "Only blanks differ: header values are trimmed, and runs of blanks become one."
    if part == "path" or kind == "query":
        return _encoding_hint(server, client)
    if part == "payload hash":
        return _payload_hint(server, client)
    return ""


def _encoding_hint(server: str, client: str) -> str:
    if unquote(client) == server or unquote(server) == client:
        return "One is encoded once more: paths are encoded twice, but once for S3; query strings always once."
    if unquote(unquote(server)) == unquote(unquote(client)):
        return "Only the encoding differs: all but A-Z a-z 0-9 - . _ ~ must be %XX with capital digits."
    return ""


def _payload_hint(server: str, client: str) -> str:
    if client == EMPTY_SHA256:
        return "The client signed an empty body."
    if server == EMPTY_SHA256:
        return "The body arrived empty."
    if client == UNSIGNED_PAYLOAD:
        return "The client did not sign the body, and this service or request does not allow that."
    return "The body that arrived is not the one that was signed."
