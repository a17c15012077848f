"""The command as its users meet it: exit codes, streams, files, and what it costs to start."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.command import AS_OF, FIXTURES, FORMATS, Done, environment, run, run_here

PASSES = FIXTURES / "no-changes" / "plan.json"
BLOCKS = FIXTURES / "errored" / "plan.json"
REVIEWS = FIXTURES / "target" / "plan.json"
STREAM = FIXTURES / "create" / "plan.ndjson"
MISSING = FIXTURES / "there-is-no-such-plan.json"

HEAVY = {
    "boto3",
    "botocore",
    "cel_expr_python",
    "deepdiff",
    "hcl2",
    "jinja2",
    "jsonschema",
    "lark",
    "rich",
    "urllib3",
    "yaml",
}
"""What a user should not wait for unless it is used."""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([PASSES], 0),
        ([REVIEWS], 0),
        ([REVIEWS, "--fail-on", "review"], 11),
        ([PASSES, "--fail-on", "review"], 0),
        ([BLOCKS], 10),
        ([BLOCKS, "--fail-on", "review"], 10),
        ([MISSING], 3),
        ([FIXTURES], 3),
        ([STREAM], 4),
        ([PASSES, BLOCKS], 10),
        ([BLOCKS, MISSING], 10),
        ([MISSING, STREAM], 3),
        ([STREAM, REVIEWS, "--fail-on", "review"], 4),
        ([PASSES, MISSING], 3),
    ],
    ids=lambda value: (
        " ".join(part.parent.name if isinstance(part, Path) else part for part in value)
        if isinstance(value, list)
        else str(value)
    ),
)
@pytest.mark.parametrize("format_", FORMATS)
def test_the_exit_code_is_the_same_for_every_format(arguments: list, code: int, format_: str) -> None:
    done = run_here("review", *arguments, "--format", format_)

    assert done.code == code
    assert done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["review"],
        ["review", PASSES, "--format", "yaml"],
        ["review", PASSES, "--as-of", "yesterday"],
        ["review", PASSES, "--fail-on", "pass"],
        ["review", PASSES, "-o", "json"],
        ["review", PASSES, "-o", "pdf=plan.pdf"],
        ["review", PASSES, "-o", "json="],
        ["review", PASSES, "--tf-dir", "no-such-folder"],
        ["review", PASSES, "--policies", "no-such-folder"],
        ["review", PASSES, "--no-such-flag"],
        ["reveiw", PASSES],
    ],
    ids=lambda arguments: " ".join(str(argument) for argument in arguments if argument != PASSES) or "nothing",
)
def test_wrong_usage_exits_2_with_empty_stdout(arguments: list) -> None:
    done = run(*arguments)

    assert (done.code, done.stdout) == (2, b"")
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_a_policy_that_does_not_load_exits_2_and_names_its_place(tmp_path: Path) -> None:
    policy = tmp_path / "broken.yaml"
    policy.write_text("id: broken\nseverity: catastrophic\n")
    done = run("review", PASSES, "--policies", policy)

    assert (done.code, done.stdout) == (2, b"")
    assert re.search(rf"{re.escape(str(policy))}: \d+:\d+".encode(), done.stderr)


def test_an_unknown_action_is_never_a_pass(tmp_path: Path) -> None:
    plan = json.loads((FIXTURES / "create" / "plan.json").read_bytes())
    plan["resource_changes"][0]["change"]["actions"] = ["teleport"]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    done = run("review", path, "--format", "json")
    verdict = json.loads(done.stdout)

    assert (done.code, verdict["decision"]) == (4, "inconclusive")
    assert verdict["summary"]["unknown"] == 1


def test_standard_input_is_reviewed_like_a_file() -> None:
    from_file = json.loads(run("review", BLOCKS, "--format", "json", "--as-of", AS_OF).stdout)
    done = run("review", "-", "--format", "json", "--as-of", AS_OF, stdin=BLOCKS.read_bytes())
    verdict = json.loads(done.stdout)

    assert done.code == 10
    assert verdict["inputs"][0]["path"] == "-"
    verdict["inputs"] = from_file["inputs"]
    assert verdict == from_file


def test_empty_standard_input_is_refused() -> None:
    done = run("review", "-")

    assert done.code == 3
    assert done.stderr.startswith(b"plangate: -: is empty")


def test_several_plans_make_one_verdict() -> None:
    done = run("review", PASSES, BLOCKS, MISSING, "--format", "json")
    verdict = json.loads(done.stdout)

    assert (done.code, verdict["decision"]) == (10, "block")
    assert [Path(one["path"]).parent.name for one in verdict["inputs"]] == ["no-changes", "errored"]
    assert [one["what"] for one in verdict["coverage"]["skipped"] if one["what"] == str(MISSING)]


def test_files_hold_what_stdout_would(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in FORMATS}
    run(
        "review", BLOCKS, "--as-of", AS_OF, *(part for name, path in files.items() for part in ("-o", f"{name}={path}"))
    )

    for name, path in files.items():
        assert path.read_bytes() == run("review", BLOCKS, "--as-of", AS_OF, "--format", name).stdout


def test_a_file_that_cannot_be_written_exits_2_before_a_word_on_stdout(tmp_path: Path) -> None:
    done = run("review", PASSES, "-o", f"json={tmp_path / 'no' / 'such' / 'verdict.json'}")

    assert (done.code, done.stdout) == (2, b"")


def test_a_block_stays_a_block_when_its_file_cannot_be_written(tmp_path: Path) -> None:
    done = run("review", BLOCKS, "-o", f"json={tmp_path / 'no' / 'verdict.json'}")

    assert done.code not in (0, 3, 4)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("plan", [BLOCKS, FIXTURES / "release" / "plan.json", FIXTURES / "hostile-names" / "plan.json"])
def test_the_same_review_gives_the_same_bytes(plan: Path, format_: str) -> None:
    one, other = (
        run(
            "review",
            plan,
            "--format",
            format_,
            "--as-of",
            AS_OF,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
        )
        for seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"))
    )

    assert one == other
    assert one.stdout


def test_the_order_of_a_plan_changes_nothing_but_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    verdicts = []
    for seed in range(4):
        plan = json.loads((FIXTURES / "release" / "plan.json").read_bytes())
        random.Random(seed).shuffle(plan["resource_changes"])
        path.write_text(json.dumps(plan))
        verdict = json.loads(run_here("review", path, "--format", "json", "--as-of", AS_OF).stdout)
        verdict["inputs"][0]["sha256"] = ""
        verdicts.append(verdict)

    assert all(verdict == verdicts[0] for verdict in verdicts)


def test_only_json_goes_to_stdout_and_only_people_are_told_on_stderr() -> None:
    done = run("review", PASSES, MISSING, "--format", "json")

    assert json.loads(done.stdout)["schema"] == "plangate/verdict/v1"
    assert b"not found" in done.stderr


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)]
)
def test_colour_is_for_terminals_or_on_request(env: dict, coloured: bool) -> None:
    assert (b"\x1b[" in run("review", BLOCKS, env=env).stdout) == coloured


def test_a_reader_that_goes_away_does_not_change_the_decision() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "plangate", "review", BLOCKS, "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    )
    assert process.stdout
    process.stdout.close()
    code = process.wait(60)
    assert process.stderr
    assert (code, process.stderr.read()) == (10, b"")
    process.stderr.close()


@pytest.mark.parametrize(
    ("redirection", "plan", "code"),
    [
        (">&-", "errored", 10),
        ("2>&-", "errored", 10),
        ("<&- >&- 2>&-", "errored", 10),
        (">&-", "create", 0),
        (">/dev/full", "errored", 10),
        (">/dev/full", "create", 1),
        ("2>/dev/full", "errored", 10),
        ("2>/dev/full", "create", 0),
        (">/dev/full 2>/dev/full", "errored", 10),
        (">/dev/full 2>&-", "create", 1),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_or_full_stream_does_not_change_the_decision(
    redirection: str, plan: str, code: int, unbuffered: str
) -> None:
    command = f'"{sys.executable}" -m plangate review "{FIXTURES / plan / "plan.json"}" {redirection}'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env={**environment(), "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["review", "--help"], ["policy", "list"], ["policy", "show", "plan-stale"]]
)
def test_a_full_disk_is_no_bug_to_report(arguments: list) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "plangate", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (
        1,
        "plangate: standard output: cannot be written: No space left on device\n",
    )


def test_what_an_error_of_the_command_line_quotes_is_inert() -> None:
    hostile = "--x\x1b[31m##vso[task.setvariable]y\n::error::z"
    for arguments in (
        [hostile],
        ["review", hostile],
        ["review", "a", "--format", hostile],
        ["policy", "docs", "--z=" + hostile],
    ):
        done = run(*arguments)
        said = done.stderr.decode()
        assert done.code == 2
        assert "\x1b" not in said
        assert "##vso[" not in said
        assert not [line for line in said.splitlines() if line.startswith("::")]


def test_a_closed_standard_input_is_empty() -> None:
    command = f'"{sys.executable}" -m plangate review - <&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, env=environment(), capture_output=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr.splitlines()[0]) == (3, b"plangate: -: is empty")


def test_version_is_the_packages() -> None:
    import plangate

    assert run("--version") == Done(0, f"plangate, version {plangate.__version__}\n".encode(), b"")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_command_and_every_exit_code(flag: str) -> None:
    done = run(flag)

    assert done.code == 0
    for word in (b"review", b"explain", b"policy", b"10", b"11", b"inconclusive"):
        assert word in done.stdout


def imported(*arguments: str | Path) -> set[str]:
    """The top-level modules that a command imports."""
    done = run(*arguments, python=("-X", "importtime"))
    names = re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr.decode(), re.MULTILINE)
    return {name.partition(".")[0] for name in names} | {name for name in names if name.startswith("plangate.")}


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_saying_who_it_is_imports_nothing_that_reviews(flag: str) -> None:
    names = imported(flag)

    assert not names & {*HEAVY, "msgspec", "subprocess"}
    assert {name for name in names if name.startswith("plangate.")} <= {
        "plangate.__main__",
        "plangate.cli",
        "plangate.cli.main",
        "plangate.cli.output",
        "plangate.errors",
    }


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_small_review_imports_nothing_that_it_does_not_use(format_: str) -> None:
    assert not imported("review", PASSES, "--format", format_) & (HEAVY - {"cel_expr_python"})


def test_it_runs_from_any_folder_and_with_a_bare_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plangate", "review", BLOCKS],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (10, b"")
