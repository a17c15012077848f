"""Work that a copy of the process does: its answer, and what becomes of it where there is none."""

import os
import signal
import sys
from pathlib import Path

import pytest

from plangate.pipeline import fork

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only"),
    pytest.mark.usefixtures("two_processors"),
]


def endless(depth):
    return endless(depth + 1)


def no_child_is_left():
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    return True


def descriptors():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_the_answer_is_what_the_work_comes_to():
    long = "é\ud800" * 1_000_000
    answer = fork.run_in_fork(lambda: {"a": [1, None, (True, long)]})
    assert answer() == {"a": [1, None, (True, long)]}
    assert no_child_is_left()


def test_what_the_work_changes_stays_unchanged_here():
    seen = []
    assert fork.run_in_fork(lambda: seen.append(1) or len(seen))() == 1
    assert seen == []


@pytest.mark.parametrize(
    "work",
    [
        lambda: 1 // 0,
        lambda: sys.exit(3),
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        object,
        lambda: endless(0),
    ],
    ids=["raises", "exits", "is killed", "is no plain data", "recurses for ever"],
)
def test_work_that_fails_has_no_answer_and_says_nothing(work, capfd):
    before = descriptors()
    assert fork.run_in_fork(work)() is None
    assert capfd.readouterr() == ("", "")
    assert no_child_is_left()
    assert descriptors() == before


def test_nothing_is_left_of_work_that_nobody_asks_for():
    before = descriptors()
    answer = fork.run_in_fork(signal.pause)
    del answer
    assert no_child_is_left()
    assert descriptors() == before


def test_an_answer_comes_also_where_ended_children_are_not_waited_for():
    old = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert fork.run_in_fork(lambda: "told")() == "told"
    finally:
        signal.signal(signal.SIGCHLD, old)


def test_one_processor_begins_nothing(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert fork.run_in_fork(lambda: 1) is None


def test_no_room_for_a_copy_begins_nothing(monkeypatch):
    def full():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    before = descriptors()
    assert fork.run_in_fork(lambda: 1) is None
    assert descriptors() == before
