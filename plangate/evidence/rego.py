"""Runs a user's own Rego with `conftest` or `opa` on PATH.

The tool sees copies of the rules and of the input in a folder of its own, and an environment without credentials: Rego can
read the environment (`opa.runtime`) and make requests (`http.send`).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from plangate.errors import EvidenceError, UsageError
from plangate.evidence import child_environment
from plangate.evidence.terraform import on_path

ENDS: Final = (".rego", ".json", ".yaml", ".yml")
"""Rules, and the data that they read."""

_SECONDS = 300
_INSTALL: Final = "install one of them: https://www.conftest.dev or https://www.openpolicyagent.org"
_RULE = re.compile(r"(deny|violation|warn)(_[a-zA-Z0-9]+)*")
"""How conftest finds rules: https://www.conftest.dev/#policies"""
_BY_HAND: Final = {
    "conftest": "conftest test --policy DIR --all-namespaces INPUT",
    "opa": "opa eval --data DIR --input INPUT data",
}

Force: TypeAlias = Literal["deny", "warn"]


class RegoResult(Struct, frozen=True):
    """A result of one rule. Its message is not masked and may quote a secret."""

    force: Force
    package: str
    message: str
    about: tuple[str, ...] = ()
    """The texts in the result's metadata, such as an address."""


class RegoRules(Struct, frozen=True):
    """Rules and their data, as (path, text) below one folder."""

    folder: str
    files: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not any(name.endswith(".rego") for name, _ in self.files):
            raise UsageError("holds no Rego", where=self.folder, hint="--conftest names a folder with *.rego files")


def run(rules: RegoRules, documents: Sequence[bytes], kind: Literal["json", "yaml"]) -> list[RegoResult]:
    """The sorted results of the rules for one input, which consists of `documents`; a plan is one.

    Raises `EvidenceError` without a tool, if it fails, and if no rule of the folder was evaluated: each time the gate would be
    silent for the wrong reason. The tool's own output is not repeated.
    """
    name, command = next(((name, path) for name in _TOOLS if (path := on_path(name)) is not None), ("", ""))
    if not command:
        raise EvidenceError("neither `conftest` nor `opa` is on PATH", where=rules.folder, hint=_INSTALL)
    with tempfile.TemporaryDirectory(prefix="plangate-") as folder:
        tool = _Tool(name, command, Path(folder), rules.folder)
        _write(tool.top / "rules", rules.files)
        evaluation = _TOOLS[name](tool, documents, kind)
    if not evaluation.evaluated:
        raise EvidenceError(
            "has no rule deny, violation or warn that could be asked", where=rules.folder, hint="name the rules so"
        )
    return sorted(set(evaluation.results), key=lambda one: (one.force, one.package, one.message, one.about))


class _Evaluation(Struct):
    """The results, and whether any rule was evaluated."""

    results: list[RegoResult]
    evaluated: bool


class _Tool(Struct, frozen=True):
    """A tool and its working directory."""

    name: str
    command: str
    top: Path
    where: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run it without a shell. Raises `EvidenceError`."""
        try:
            return subprocess.run(
                [self.command, *arguments],
                cwd=self.top,
                env=child_environment.of(self.name),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self.error(f"took longer than {_SECONDS} seconds") from None
        except OSError as error:
            raise self.error(f"could not be started: {(error.strerror or 'no reason given').lower()}") from None

    def failed(self, done: subprocess.CompletedProcess[bytes]) -> EvidenceError:
        """The error for a failed run, without the tool's own message, which may quote the unmasked input."""
        return self.error(f"failed with exit code {done.returncode}")

    def error(self, what: str) -> EvidenceError:
        """An error with a hint how to run the tool by hand."""
        hint = f"run it by hand to see why: {_BY_HAND[self.name]}"
        return EvidenceError(f"`{self.name}` {what}", where=self.where, hint=hint)

    def give(self, name: str, data: bytes) -> str:
        """Write an input with mode 0600 and return its name."""
        given = self.top / name
        given.touch(mode=0o600)
        given.write_bytes(data)
        return name


def _write(top: Path, files: Sequence[tuple[str, str]]) -> None:
    for name, text in files:
        path = top / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, "utf-8")


# --- conftest ---------------------------------------------------------------------------------------------------------


class _Result(Struct):
    msg: str = ""
    metadata: dict[str, Any] | None = None


class _Check(Struct):
    """https://github.com/open-policy-agent/conftest/blob/master/output/result.go."""

    namespace: str = ""
    successes: int = 0
    warnings: list[_Result] = []
    failures: list[_Result] = []
    exceptions: list[_Result] = []
    skipped: list[_Result] = []


_checks = msgspec.json.Decoder(list[_Check])


def _conftest(tool: _Tool, documents: Sequence[bytes], kind: str) -> _Evaluation:
    document = documents[0] if kind == "json" else b"".join(b"---\n" + one + b"\n" for one in documents)
    given = tool.give(f"input.{kind}", document)
    arguments = ["--policy", "rules", "--data", "rules", "--all-namespaces", "--show-builtin-errors", "--no-color"]
    done = tool.run("test", *arguments, "--output", "json", given)
    checks = _decoded(_checks, done.stdout)
    # conftest exits with 1 for findings and for its own errors; only with findings it prints results.
    if checks is None or done.returncode not in (0, 1) or (done.returncode == 1) != any(c.failures for c in checks):
        raise tool.failed(done)
    results = [
        RegoResult("deny", c.namespace, one.msg, tuple(_texts(one.metadata))) for c in checks for one in c.failures
    ]
    results += [
        RegoResult("warn", c.namespace, one.msg, tuple(_texts(one.metadata))) for c in checks for one in c.warnings
    ]
    return _Evaluation(results, any(c.successes or c.failures or c.warnings or c.exceptions for c in checks))


# --- opa --------------------------------------------------------------------------------------------------------------


class _Expression(Struct):
    value: Any = None


class _Row(Struct):
    expressions: list[_Expression] = []


class _Evaluated(Struct):
    """https://www.openpolicyagent.org/docs/cli#opa-eval."""

    result: list[_Row] = []
    errors: list[Any] = []


_evaluated = msgspec.json.Decoder(_Evaluated)


def _opa(tool: _Tool, documents: Sequence[bytes], kind: str) -> _Evaluation:
    evaluation = _Evaluation([], evaluated=False)
    for number, document in enumerate(documents):
        given = tool.give(f"input-{number}.{kind}", document)
        arguments = ["--format", "json", "--strict-builtin-errors", "--data", "rules", "--input", given]
        done = tool.run("eval", *arguments, "data")
        output = _decoded(_evaluated, done.stdout)
        if done.returncode != 0 or output is None or output.errors or not output.result:
            raise tool.failed(done)
        for row in output.result:
            for expression in row.expressions:
                for package, rule, value in _rules(expression.value, ()):
                    evaluation.evaluated = True
                    force: Force = "warn" if rule.startswith("warn") else "deny"
                    evaluation.results += [RegoResult(force, package, *_message(one)) for one in value]
    return evaluation


def _rules(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str, list[Any]]]:
    """The rules in the document of all packages, as (package, name, results)."""
    for key, below in value.items() if isinstance(value, dict) else ():
        if _RULE.fullmatch(key) and isinstance(below, list):
            yield ".".join(path), key, below
        elif isinstance(below, dict):
            yield from _rules(below, (*path, key))


def _message(value: Any) -> tuple[str, tuple[str, ...]]:
    if isinstance(value, str):
        return value, ()
    if isinstance(value, dict) and isinstance(value.get("msg"), str):
        return value["msg"], tuple(_texts({key: below for key, below in value.items() if key != "msg"}))
    return "a rule of this package holds, and gives no message", ()


_TOOLS: Final[dict[str, Callable[[_Tool, Sequence[bytes], str], _Evaluation]]] = {"conftest": _conftest, "opa": _opa}
"""The tools by preference: the first one on PATH runs."""


# --- both -------------------------------------------------------------------------------------------------------------


def _decoded(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _texts(metadata: Any) -> Iterator[str]:
    """All texts in metadata, in order."""
    if isinstance(metadata, str):
        yield metadata
    elif isinstance(metadata, dict):
        for below in metadata.values():
            yield from _texts(below)
    elif isinstance(metadata, list):
        for below in metadata:
            yield from _texts(below)
