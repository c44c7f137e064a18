import io

from cloudward.cli import progress
from cloudward.cli.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def on_a_terminal(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_nothing_is_shown_of_a_short_job(monkeypatch):
    terminal = on_a_terminal(monkeypatch)
    with ProgressBar("saving") as bar:
        bar(1, 2)
        bar(2, 2)
        with bar.waiting():
            pass
    assert terminal.getvalue() == ""


def test_a_long_job_shows_how_far_it_is(monkeypatch):
    terminal = on_a_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    with ProgressBar("saving") as bar:
        bar(100, 5000)
        bar(2500, 5000)
    assert "saving" in terminal.getvalue()
    assert "2500/5000" in terminal.getvalue()


def test_nothing_is_shown_where_no_terminal_is(monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    with ProgressBar("saving") as bar:
        bar(1, 2)
        with bar.waiting():
            pass
    assert screen.getvalue() == ""
