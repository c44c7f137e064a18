"""The compiler core: functions are written as Python source for shapes, compiled in batches and kept.

An emitter writes the body of one function for one shape.  Where it meets another shape it asks for a *reference*, the
name of that shape's function, which is compiled in the same batch; so recursive shapes cost nothing special.
"""

from __future__ import annotations

import keyword
import linecache
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.model import Shape

Emitter = Callable[["Compiler", "Source", "Shape", str], None]
"""Writes one function's body: the compiler, the source to write to, the shape, and the variant asked for."""

_INDENT = "    "


class Source:
    """Lines of Python, indented by blocks."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._variables = 0

    def line(self, text: str) -> None:
        """Write a line.

        Args:
            text: the line without indentation.
        """
        self._lines.append(_INDENT * self._depth + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write a header and indent what is written inside the `with`.

        Args:
            header: the line that opens the block, colon included.
        """
        self.line(header)
        self._depth += 1
        written = len(self._lines)
        yield
        if len(self._lines) == written:
            self.line("pass")
        self._depth -= 1

    def variable(self, hint: str = "v") -> str:
        """Return a variable's name that is new in this source.

        Args:
            hint: what the name begins with.
        """
        self._variables += 1
        return f"{hint}{self._variables}"

    def text(self) -> str:
        """Return the whole source."""
        return "\n".join(self._lines) + "\n"


class Compiler:
    """Compiles and keeps the functions of one service and protocol.

    Args:
        label: what tracebacks show as the file name (`iam query`).
        emitters: what writes each kind of function, by kind (`decode`, `encode`, `valid`).
        parameters: the parameter list of each kind of function.
        names: what generated code may name besides its constants and functions.
    """

    def __init__(
        self,
        label: str,
        emitters: Mapping[str, Emitter],
        parameters: Mapping[str, str],
        names: Mapping[str, object],
    ) -> None:
        self._label = label
        self._emitters = emitters
        self._parameters = parameters
        self._namespace: dict[str, Any] = {"__builtins__": __builtins__, "__name__": __name__, **names}
        self._functions: dict[tuple[str, str, str], str] = {}
        self._constants: dict[object, str] = {}
        self._pending: list[tuple[str, str, Shape, str]] = []
        self._taken: set[str] = set(names)
        self._batches = 0
        self._lock = threading.RLock()

    def function(self, kind: str, shape: Shape, variant: str = "") -> Callable[..., Any]:
        """Return a shape's function, compiled with all it refers to.

        Args:
            kind: the kind of function, one of the emitters' keys.
            shape: the shape.
            variant: what else decides on the code, in the emitter's own terms.
        """
        with self._lock:
            known = dict(self._functions)
            name = self.reference(kind, shape, variant)
            if self._pending:
                try:
                    self._build()
                except BaseException:
                    self._functions = known
                    self._pending.clear()
                    raise
            function: Callable[..., Any] = self._namespace[name]
            return function

    def reference(self, kind: str, shape: Shape, variant: str = "") -> str:
        """Return the name of a shape's function for use in generated code.

        Args:
            kind: the kind of function.
            shape: the shape.
            variant: as in `function`.
        """
        key = (kind, shape.name, variant)
        name = self._functions.get(key)
        if name is None:
            name = self._functions[key] = self._unique(f"{kind}_{shape.name}{'_' + variant if variant else ''}")
            self._pending.append((name, kind, shape, variant))
        return name

    def constant(self, value: object, hint: str, key: object = None) -> str:
        """Return the name under which generated code finds an object.

        Args:
            value: the object.
            hint: what the name begins with.
            key: what makes two objects the same constant; by default their identity.
        """
        marker = (hint, id(value) if key is None else key)
        name = self._constants.get(marker)
        if name is None:
            name = self._constants[marker] = self._unique(hint)
            self._namespace[name] = value
        return name

    def _unique(self, wanted: str) -> str:
        stem = re.sub(r"\W", "_", wanted)
        name, number = stem, 1
        while name in self._taken or keyword.iskeyword(name):
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name)
        return name

    def _build(self) -> None:
        source = Source()
        while self._pending:
            name, kind, shape, variant = self._pending.pop()
            with source.block(f"def {name}({self._parameters[kind]}):"):
                self._emitters[kind](self, source, shape, variant)
            source.line("")
        self._batches += 1
        file_name = f"<{self._label} {self._batches}>"
        text = source.text()
        # Without a time of change, linecache never drops the entry, so tracebacks can show it.
        linecache.cache[file_name] = (len(text), None, text.splitlines(keepends=True), file_name)
        exec(compile(text, file_name, "exec"), self._namespace)  # noqa: S102 - the source is written here, from models
