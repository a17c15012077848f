"""What a tool prints is read as it comes: bounded in size and time, and nothing of the tool outlives it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from plangate.evidence import bounded_output


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_both_streams_and_the_code_come_back() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert bounded_output.run(python(code), most=100, seconds=30) == (3, b"out\n", b"err\n")


def test_exactly_the_limit_is_read() -> None:
    done = bounded_output.run(python("print('x' * 99)"), most=100, seconds=30)
    assert len(done.stdout) == 100


def test_more_than_the_limit_is_refused_while_it_is_printed() -> None:
    start = time.monotonic()
    with pytest.raises(bounded_output.TooMuchOutputError):
        bounded_output.run(python("while True: print('x' * 100_000)"), most=1_000_000, seconds=60)
    assert time.monotonic() - start < 30


def test_endless_errors_are_read_and_dropped() -> None:
    code = "import sys\nfor _ in range(400): sys.stderr.write('x' * 10_000)\nprint('done')"
    done = bounded_output.run(python(code), most=100, seconds=60)
    assert (done.stdout, len(done.stderr)) == (b"done\n", 1024**2)


def test_a_tool_that_does_not_end_is_killed_with_its_helpers() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    start = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        bounded_output.run(python(code), most=100, seconds=1)
    assert time.monotonic() - start < 30


def test_what_cannot_be_started_says_so() -> None:
    with pytest.raises(FileNotFoundError):
        bounded_output.run(["/nowhere/tool"], most=1, seconds=1)
