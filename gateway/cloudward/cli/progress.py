"""Progress on the terminal, for what takes more than a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_PATIENCE = 1.0  # seconds


class ProgressBar:
    """A bar on standard error that appears once a job has taken a second; none where no terminal is.

    Args:
        title: what is being done.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int | None) -> None:
        """Show how far the job is.

        Args:
            done: how much is done.
            total: of how much; None if nobody knows.
        """
        if self._progress is None:
            if time.monotonic() - self._began < _PATIENCE or not sys.stderr.isatty():
                return
            self._start(total)
        assert self._progress is not None
        assert self._task is not None
        self._progress.update(self._task, completed=done, total=total)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Show that something is going on of which nobody knows how far it is."""
        if not sys.stderr.isatty():
            yield
            return
        timer = threading.Timer(_PATIENCE, self._start, (None,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _start(self, total: int | None) -> None:
        columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn()]
        if total is not None:
            columns += [MofNCompleteColumn(), TimeRemainingColumn()]
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(self._title, total=total)
        self._progress.start()
