"""What every test may use: the command, the recorded inputs, whole-file comparison, and no network."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.support.command import Done

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
"""Plans found in public repositories. Not part of this repository: tests that use them skip where it is absent."""

KEPT = frozenset({"PATH", "HOME", "TMPDIR", "USER", "KUBECONFIG", "PLANGATE_LAB"})
"""The variables of the machine that tests see. No other one, no locale either, can hide a fault that its users meet."""

for name in os.environ.keys() - KEPT:
    if not name.startswith("PYTEST_"):
        del os.environ[name]

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("busy", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the whole files that tests compare with.")


@pytest.fixture
def corpus() -> Path:
    """The folder of found and recorded inputs; skips where it is absent."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not here")
    return CORPUS


@pytest.fixture
def plangate() -> Callable[..., Done]:
    """The command; see `tests.support.command.run`."""
    from tests.support.command import run

    return run


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Compare with a whole file; `--update-golden` writes it instead."""

    def compare(path: Path, found: bytes) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found)
        assert path.is_file(), f"{path} is not there: pytest --update-golden"
        assert found.decode() == path.read_bytes().decode()

    return compare


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing connects to another machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test connects to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work may be done in a second process, however many processors this machine has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.fixture
def needs_terraform() -> str:
    """The path of `terraform`; skips where it is not on PATH."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not on PATH")
    return found
