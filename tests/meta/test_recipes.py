"""Every recipe of `docs/recipes.md`, carried out in a copy of the tree from what stands on the page."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.support.command import FORMATS, Done, environment

PAGE = ROOT / "docs" / "recipes.md"
SECRET = "acme_kq3v9x2m7t4w8r1z5y6p"
_FILE = re.compile(r"\*\*`?([\w./-]+)`?\*\*")


class Step(NamedTuple):
    """What a block says: a file, the lines that change in one, or what is typed and what comes out."""

    language: str
    path: str
    text: str


def steps(page: str) -> dict[str, list[Step]]:
    """The blocks below each heading; those before the first heading are below nothing."""
    found: dict[str, list[Step]] = {"": []}
    recipe = path = language = ""
    block: list[str] = []
    for line in page.splitlines():
        if language:
            if line == "```":
                found[recipe].append(Step(language, path, "".join(f"{one}\n" for one in block)))
                language, block = "", []
            else:
                block.append(line)
        elif line.startswith("```"):
            language = line[3:]
        elif line.startswith("## "):
            recipe, path = line[3:], ""
            found[recipe] = []
        elif (named := _FILE.fullmatch(line)) is not None:
            path = named[1]
    return found


def changed(text: str, diff: str) -> str:
    """A text with the lines of a diff, whose other lines stand there exactly once."""
    old, new = (
        "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in marks) for marks in (" -", " +")
    )
    assert f"\n{text}".count(f"\n{old}") == 1, f"{text.count(old)} times:\n{old}"
    return f"\n{text}".replace(f"\n{old}", f"\n{new}", 1)[1:]


RECIPES = steps(PAGE.read_text("utf-8"))
INPUTS = RECIPES.pop("")

TOUCHED = {
    "A policy": {},
    "A family of policies": {},
    "A resource type's class": {},
    "An immutable field of a Kubernetes kind": {"policies/knowledge/kubernetes-immutable.yaml": 4},
    "A secret format": {
        "policies/knowledge/secret-formats.yaml": 1,
        "tests/unit/ingest/redact/test_formats.py": 1,
    },
    "An output format": {"plangate/report/formats.py": 1},
    "A kind of input": {
        "plangate/model/input.py": 2,
        "plangate/ingest/detect.py": 3,
        "plangate/pipeline/inputs.py": 7,
    },
    "An application": {"plangate/applications/registry.py": 2, "policies/knowledge/vocabulary.yaml": 2},
    "A forge": {},
}
"""By recipe the files of the repository that it changes, and how many lines it adds there: what the design promises."""


class Copy:
    """A copy of the tree, with the files that people bring in its top folder."""

    def __init__(self, top: Path, recipe: str):
        self.top = top
        # With what is compiled already: the files keep their times.
        for name in ("plangate", "policies", "tests"):
            shutil.copytree(ROOT / name, top / name)
        for name in ("pyproject.toml", "README.md"):
            shutil.copy2(ROOT / name, top / name)
        given = [step for step in RECIPES[recipe] if step.language != "console"]
        self._inputs = [step for step in (*INPUTS, *given) if "/" not in step.path]
        self._steps = [step for step in given if "/" in step.path]
        self.typed = [line for step in RECIPES[recipe] if step.language == "console" for line in commands(step.text)]
        for step in self._inputs:
            self._write(step)

    def carry_out(self) -> None:
        """Make and change the files of the recipe."""
        for step in self._steps:
            self._write(step)

    def python_files(self) -> list[str]:
        """The modules that the recipe makes or changes."""
        return sorted({step.path for step in self._steps if step.path.endswith(".py")})

    def run(self, line: str) -> Done:
        """Run one line that is typed."""
        command, *arguments = shlex.split(line)
        module = {"plangate": ["-m", "plangate"], "python": []}[command]
        # The tests that a recipe names are a run of their own.
        kept = {name: value for name, value in environment().items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, *module, *arguments],
            capture_output=True,
            cwd=self.top,
            env={**kept, "PYTHONPATH": str(self.top), "COLUMNS": "250"},
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _write(self, step: Step) -> None:
        path = self.top / step.path
        if step.language == "diff":
            path.write_text(changed(path.read_text("utf-8"), step.text), "utf-8")
        else:
            assert not path.exists(), path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, "utf-8")


def commands(console: str) -> list[tuple[str, list[str]]]:
    """Each line that is typed, and the lines that it prints among others."""
    return [(line, said) for line, *said in (one.splitlines() for one in re.split(r"(?m)^\$ ", console)[1:])]


def unsaid(done: Done, expected: list[str]) -> list[str]:
    """The expected lines that are no part of a line that was printed, whatever the width of the page."""
    printed = re.sub(r" +", " ", done.everything.decode())
    return [line for line in expected if re.sub(r" +", " ", line.rstrip()) not in printed]


def reviews(typed: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """The reviews among what is typed of which a recipe says what they print."""
    return [(line, said) for line, said in typed if line.startswith("plangate review ") and said]


@pytest.fixture
def copy_for(tmp_path: Path) -> Callable[[str], Copy]:
    """Makes the copy in which a recipe is carried out."""
    return lambda recipe: Copy(tmp_path, recipe)


def test_each_recipe_touches_what_the_design_promises() -> None:
    touched: dict[str, dict[str, int]] = {recipe: {} for recipe in RECIPES}
    for recipe, found in RECIPES.items():
        for step in found:
            if step.language == "diff":
                added = sum(line.startswith("+") and line != "+" for line in step.text.splitlines())
                touched[recipe][step.path] = touched[recipe].get(step.path, 0) + added

    assert touched == TOUCHED


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_does_what_it_says(recipe: str, copy_for: Callable[[str], Copy]) -> None:
    copy = copy_for(recipe)
    before = {line: unsaid(copy.run(line), said) for line, said in reviews(copy.typed)}
    copy.carry_out()

    for line, said in copy.typed:
        done = copy.run(line)
        # 10 is a review that blocks, which is what some of them are there for.
        assert done.code in ((0, 10) if line.startswith("plangate review ") else (0,)), done.everything.decode()
        assert unsaid(done, said) == [], done.everything.decode()
    assert all(before.values()), "a review says the same without the recipe"
    if copy.python_files():
        for check in ("check", "format --check"):
            done = copy.run(f"python -m ruff {check} --no-cache {' '.join(copy.python_files())}")
            assert done.code == 0, done.everything.decode()


def test_a_new_secret_format_holds_in_every_report(copy_for: Callable[[str], Copy]) -> None:
    copy = copy_for("A secret format")
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: notes}}\ndata: {{note: {}}}\n"
    (copy.top / "deployed.yaml").write_text(manifest.format("none"), "utf-8")
    (copy.top / "rendered.yaml").write_text(manifest.format(f"--with {SECRET} --and-more"), "utf-8")
    asked = ("plan.json --all", "rendered.yaml --manifest deployed.yaml --all")
    outputs = " ".join(f"-o {format_}=report.{format_}" for format_ in FORMATS)

    def shown() -> list[str]:
        """The reports that show the secret, of each review."""
        found = []
        for inputs in asked:
            done = copy.run(f"plangate review {inputs} {outputs}")
            written = {"stdout": done.everything, **{one: (copy.top / f"report.{one}").read_bytes() for one in FORMATS}}
            found += [f"{inputs}: {name}" for name, report in written.items() if SECRET.encode() in report]
        return found

    before = shown()
    copy.carry_out()
    assert copy.run("python -m plangate.policy.index").code == 0

    assert {line for line in before if line.endswith(": json")} == {f"{inputs}: json" for inputs in asked}
    assert shown() == []


@pytest.mark.parametrize(
    ("text", "diff"),
    [("a\nb\n", " c\n+d\n"), ("a\nb\na\n", " a\n+d\n"), ("xa\n", " a\n+d\n")],
    ids=["not there", "there twice", "not a whole line"],
)
def test_a_line_that_has_no_one_place_is_an_error(text: str, diff: str) -> None:
    with pytest.raises(AssertionError):
        changed(text, diff)


def test_lines_are_added_and_changed_where_the_others_stand() -> None:
    assert changed("a\nb\nc\n", " b\n+d\n") == "a\nb\nd\nc\n"
    assert changed("a\nb\nc\n", "-a\n+d\n b\n") == "d\nb\nc\n"
