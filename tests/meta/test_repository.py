"""What a repository promises about itself: nothing stale, nothing that points outside, nothing unfinished."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from plangate.policy.file import read
from plangate.policy.load import builtin_files, shipped_files
from tests.conftest import ROOT
from tests.support.command import FIXTURES, run

KEPT_OUT = {
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "__pycache__",
    "dist",
    "build",
}
REGISTRIES = re.compile(
    r"\b(?:py"
    r"pi\.(?:org|io)|files\.python"
    r"hosted|proxy\.gol"
    r"ang|registry\.np"
    r"mjs|static\.cra"
    r"tes)\b",
    re.IGNORECASE,
)
OUTSIDE = re.compile(r"/work/|\.\./share" + r"d|share" + r"d/(?:corpus|checks|lab|design|bench|reference)")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def tracked() -> list[Path]:
    """Every text file that belongs to the repository."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not KEPT_OUT.intersection(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where a pattern stands: file, line and the line."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES, tracked()) == []


def test_the_locks_pin_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][\w.-]*==.*\\$", text, re.MULTILINE)

        assert pins
        assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE))
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index" not in text


def test_the_lock_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]

    assert {re.split(r"[<>=~! ]", one)[0].lower() for one in asked} <= locked


def test_only_one_line_points_outside_of_the_repository() -> None:
    texts = [path for path in tracked() if path != Path(__file__)]

    assert found(OUTSIDE, texts) == []
    # The one place that reaches out.
    assert len(found(re.compile(r'/ "shared"'), texts)) == 1


def test_nothing_is_left_unfinished() -> None:
    assert (
        found(UNFINISHED, [path for path in tracked() if path.suffix != ".lock" and "fixtures" not in path.parts]) == []
    )


def test_generated_blocks_of_the_documentation_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "docs/fill.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_the_policy_index_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plangate.policy.index", "--check"], cwd=ROOT, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_every_policy_has_its_page() -> None:
    done = run("policy", "docs", ROOT / "docs" / "policies", "--check")

    assert (done.code, done.stderr) == (0, b"")
    for file in (*shipped_files(), *builtin_files()):
        assert (ROOT / "docs" / "policies" / file.parent.name / f"{file.stem}.md").is_file()


def test_every_policy_passes_its_own_cases() -> None:
    done = run("policy", "test")

    assert (done.code, done.stderr) == (0, b"")


def test_every_policy_has_cases_of_both_kinds() -> None:
    policies = [read(file) for file in shipped_files()]

    assert [policy.id for policy in policies if not (policy.tests.violated and policy.tests.satisfied)] == []


def test_the_verdict_schema_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plangate.report.schema", "--check"], cwd=ROOT, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in FIXTURES.glob("*/main.tf")), ids=lambda path: path.name
)
def test_every_fixture_says_where_it_comes_from(folder: Path) -> None:
    source = (folder / "SOURCE.md").read_text("utf-8")

    assert "Recorded with Terraform" in source
    assert json.loads((folder / "plan.json").read_bytes())["terraform_version"] in source


def test_the_wheel_holds_the_policies_and_runs(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    shutil.unpack_archive(wheel, site, "zip")
    done = run("review", FIXTURES / "errored" / "plan.json", cwd=tmp_path, env={"PYTHONPATH": str(site)})

    assert done.code == 10
    assert (site / "plangate" / "shipped" / "index.json").is_file()
    assert (site / "plangate" / "py.typed").is_file()
    assert (site / "plangate" / "shipped" / "types.tsv").is_file()
    assert not (site / "tests").exists()


def test_one_module_writes_to_the_streams() -> None:
    """A full or closed stream must not change a decision: `plangate.cli.output` alone knows how to write to one."""
    for path in sorted((ROOT / "plangate").rglob("*.py")):
        text = path.read_text("utf-8")
        tool = '__name__ == "__main__"' in text
        if path != ROOT / "plangate/cli/output.py" and not tool:
            found = re.search(r"click\.echo|\bprint\(|sys\.std(?:out|err)\.(?:write|buffer|flush)", text)
            assert found is None, f"{path.relative_to(ROOT)}: {found and found[0]}"
