import io
import sys
import time

from plangate.cli import progress


class Stream(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8")

    def getvalue(self):
        return self.buffer.getvalue().decode()


class Terminal(Stream):
    def isatty(self):
        return True


def shown(monkeypatch, stream, seconds):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_AFTER_SECONDS", 0.01)
    with progress.progress(("a", "b")):
        deadline = time.monotonic() + seconds
        while not stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.005)
    return stream.getvalue()


def test_a_long_review_shows_a_line_and_takes_it_away(monkeypatch):
    line = "reviewing 2 inputs ..."
    assert shown(monkeypatch, Terminal(), 10) == f"{line}\r{' ' * len(line)}\r"


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch):
    assert shown(monkeypatch, Stream(), 0.1) == ""


def test_a_short_review_shows_nothing(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.progress(("a",)):
        pass
    assert stream.getvalue() == ""
