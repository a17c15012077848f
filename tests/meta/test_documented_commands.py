"""Every `plangate` command line in the pages, the workflows and the pipelines is one that the program takes."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from plangate.cli.main import plangate
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted(
    path
    for pattern in ("README.md", "docs/**/*.md", "docs/ci/*", ".github/**/*.md", ".github/**/*.yml", ".github/**/*.sh")
    for path in ROOT.glob(pattern)
    if path.is_file()
)
SPAN = re.compile(r"`(plangate [^`\n]+)`")
LINE = re.compile(r"(?:^|&& |\|\| |run: |\$ |sh ')\s*(plangate [^\n]+)")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
END = re.compile(r"\s(?:&&|\|\|?|>|;|#)(?:\s|$)|['\"]\s*(?:\]|$)|\s2>")
"""What ends a command: the next one, where its output goes, a comment, the quotes that it stands in."""


def lines_of(path: Path) -> Iterator[str]:
    """The command lines of a page: spans of code and fenced blocks, or any line of what is no page."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    blocks = FENCE.findall(text) if path.suffix == ".md" else [text]
    if path.suffix == ".md":
        yield from SPAN.findall(text)
    for block in blocks:
        for line in block.splitlines():
            yield from LINE.findall(line.strip())


def fault(line: str) -> str | None:
    """What the program would not take of a command line."""
    words = shlex.split(END.split(line)[0].replace("...", ""), posix=True)[1:]
    command: click.Command = plangate
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
    known = {name for one in command.get_params(context) for name in (*one.opts, *one.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in known]
    return f"no flag {unknown[0]}" if unknown else None


@pytest.mark.parametrize(
    "path", [path for path in PAGES if any(lines_of(path))], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_command_line_is_one_that_the_program_takes(path: Path) -> None:
    assert {line: why for line in lines_of(path) if (why := fault(line)) is not None} == {}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("plangate review plan.json -o json=verdict.json", None),
        ("plangate review plan.json --jsn", "no flag --jsn"),
        ("plangate reveiw plan.json", "no command reveiw"),
        ("plangate policy shows ID", "no command shows"),
        ("plangate policy test a --plans=b && terraform apply --auto-approve", None),
        ("plangate --version", None),
        ("plangate --verbose", "no flag --verbose"),
    ],
)
def test_a_command_line_that_the_program_does_not_take_is_found(line: str, why: str | None) -> None:
    assert fault(line) == why
