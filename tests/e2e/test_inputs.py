"""What people really hand in: wrapped plans are reviewed, everything else is refused by its own name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.command import FIXTURES, run, run_here

PLAN = FIXTURES / "create" / "plan.json"
plan = PLAN.read_bytes().rstrip(b"\n")
pretty = json.dumps(json.loads(plan), indent=2).encode()
stamped = b"".join(b"2026-01-31T12:00:00.1234567Z " + line + b"\n" for line in pretty.splitlines())

WRAPPED = {
    "as it is": plan,
    "with a line break": plan + b"\n",
    "with a byte order mark": b"\xef\xbb\xbf" + plan,
    "UTF-16 with a mark": plan.decode().encode("utf-16"),
    "UTF-16 without a mark": plan.decode().encode("utf-16-le"),
    "big-endian UTF-16": b"\xfe\xff" + plan.decode().encode("utf-16-be"),
    "gzip": gzip.compress(plan, mtime=0),
    "Windows line ends": pretty.replace(b"\n", b"\r\n"),
    "indented": pretty,
    "behind the wrapper's command": b"[command]/opt/terraform-bin show -json tfplan\n" + plan,
    "between the wrapper's lines": b"[command]/opt/terraform-bin show -json tfplan\n"
    + plan
    + b"\n::debug::Terraform exited with code 0.\n::set-output name=exitcode::0\n",
    "behind a warning": b"\x1b[33m\xe2\x95\xb7\x1b[0m\n\x1b[33m\xe2\x94\x82\x1b[0m Warning: old syntax\n" + plan,
    "with time stamps of a log": stamped,
    "behind colours": b"\x1b[0m\n\x1b[0m" + plan + b"\x1b[0m\n",
    "behind blank lines": b"\n\n  " + plan + b"\n\n",
    "behind the prefix of Terragrunt's log": b"\n".join(
        b"15:18:16.293 STDOUT [live/net] terraform: " + line for line in pretty.splitlines()
    ),
    "between the lines of Terragrunt's log": b"15:18:32.932 INFO   The stack at . will be processed in this order:\n"
    b"Group 1\n- Module ./net\n\n" + plan + b'\n15:18:40.001 INFO   Done: "show"\n',
    "in the runner's escapes too": b"[command]/opt/terraform-bin show -json tfplan\n"
    + plan
    + b"\n::debug::stdout: "
    + plan,
    "before a warning that quotes code": plan
    + b'\n\nWarning: old\n\n  on main.tf line 3, in provider "aws":\n   3: provider "aws" {\n',
    "behind its own planning": (FIXTURES / "create" / "plan.txt").read_bytes() + b"\n" + plan + b"\n",
}

PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>{}</body></html>\n"
REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "a state": ((FIXTURES / "destroy" / "state.tfstate").read_bytes(), "is a Terraform state"),
    "a shown state": (
        json.dumps(json.loads(plan)["planned_values"] | {"format_version": "1.0", "values": {}}).encode(),
        "is a Terraform state, not a plan",
    ),
    "configuration": ((FIXTURES / "create" / "main.tf").read_bytes(), "is Terraform configuration"),
    "a plan for people": ((FIXTURES / "create" / "plan.txt").read_bytes(), "is a plan as text"),
    "no changes for people": ((FIXTURES / "no-changes" / "plan.txt").read_bytes(), "is a plan as text"),
    "a page": (PAGE, "is an HTML page"),
    "an error of a store": (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "is XML"),
    "an error message": ("╷\n│ Error: Failed to read the given file\n╵\n".encode(), "is an error message"),
    "a manifest": (b"---\napiVersion: v1\nkind: Secret\n", "looks like a Kubernetes manifest"),
    "Helm's output": (b"Release upgraded\nNAME: web\nLAST DEPLOYED: x\nMANIFEST:\n", "holds no manifest"),
    "outputs": (b'{"vpc": {"sensitive": false, "type": "string", "value": "vpc-1"}}', "is `terraform output -json`"),
    "a list": (b"[]", "is a JSON list"),
    "a text": (b'"plan"', "is a single JSON value"),
    "null": (b"null", "is a single JSON value"),
    "an object": (b"{}", "is an empty JSON object"),
    "binary": (bytes(range(256)), "is not whole UTF-16-BE text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is binary data"),
    "a zip of something else": (b"PK\x03\x04" + b"\0" * 60, "is a damaged zip file"),
    "the next format": (plan.replace(b'"format_version":"1.2"', b'"format_version":"2.0"', 1), "newer major version"),
    "no changes at all": (
        plan.replace(b'"resource_changes"', b'"resource_changed"', 1).replace(b'"configuration"', b'"c"'),
        "a part of it is missing",
    ),
    "null changes": (
        b'{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":null}',
        "a part of it is missing",
    ),
    "two objects, one a plan": (plan + b"\n{}\n", "is an empty JSON object"),
    "deep": (b'{"format_version":"1.2","resource_changes":' + b"[" * 100_000, "is nested too deeply"),
    "a huge number": (
        b'{"format_version":"1.2","resource_changes":[],"x":' + b"9" * 6000 + b"}x",
        "holds an absurd number",
    ),
    "a number as version": (b'{"format_version":1.2,"resource_changes":[]}', "has the wrong type"),
    "Latin-1": (plan.replace(b"green", b"gr\xfcn"), "is not UTF-8"),
}


other = (FIXTURES / "destroy" / "plan.json").read_bytes().rstrip(b"\n")
opened = json.dumps(json.loads(other), indent=1).encode()
PART = "has a part of a plan that cannot be read"

BESIDE = {
    "another behind a letter": (plan + b"x" + other, "has something behind its end"),
    "another behind a comma": (plan + b"," + other, "has something behind its end"),
    "another behind zeros": (plan + b"\0" + other, "has something behind its end"),
    "another behind an unknown prefix": (plan + b"\n[live/db] " + other, PART),
    "another before it, behind an unknown prefix": (b"[live/db] " + other + b"\n" + plan, PART),
    "a list of another": (plan + b"\n[" + other + b"]", PART),
    "another without its first letter": (plan + b"\n" + other[1:], PART),
    "another without its first half": (plan + b"\n" + other[len(other) // 2 :], PART),
    "the end of another": (plan + b"\n" + other[-25:], PART),
    "an opened one without its head": (plan + b"\n" + opened[3:], PART),
    "the last lines of an opened one": (plan + b"\n" + opened[-4:], PART),
    "an error": (plan + b"\nError: Failed to load plugin schemas\n", "has an error message beside a plan"),
    "a coloured error": (
        plan + "\n\x1b[31m╷\x1b[0m\n│ \x1b[1mError: \x1b[0mbroken\n╵\n".encode(),
        "has an error message beside a plan",
    ),
    "an error before it": ("╷\n│ Error: no such module\n╵\n".encode() + plan, "has an error message beside a plan"),
    "an error of Terragrunt": (
        plan + b"\n15:18:16.293 ERROR  1 error occurred:\n",
        "has an error message beside a plan",
    ),
}
"""What stands beside a plan in one file and may be another plan: it is never left out."""

LAST = b',"resource_changes":[]}'
TWICE = {
    "changes": other[:-1] + LAST,
    "changes in escapes": other[:-1] + LAST.replace(b"_", b"\\u005f"),
    "the word that it failed": (FIXTURES / "errored" / "plan.json").read_bytes().rstrip()[:-1] + b',"errored":false}',
}


def reviewed(data: bytes, path: Path) -> dict:
    path.write_bytes(data)
    done = run_here("review", path, "--format", "json")
    assert done.code in (0, 10), done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_plan_is_reviewed_as_the_plan_it_is(name: str, tmp_path: Path) -> None:
    bare = reviewed(plan, tmp_path / "bare.json")
    wrapped = reviewed(WRAPPED[name], tmp_path / "wrapped")

    for key in ("decision", "risk", "summary", "changes", "findings", "outputs"):
        assert wrapped[key] == bare[key]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plan_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    data, words = REFUSED[name]
    path = tmp_path / "input"
    path.write_bytes(data)
    done = run_here("review", path, "--format", "json")
    verdict = json.loads(done.stdout)

    assert (done.code, verdict["decision"]) == (3, "inconclusive")
    first, hint = done.stderr.decode().splitlines()[:2]
    assert first.startswith(f"plangate: {path}: ")
    assert words in first
    assert hint.startswith("  ")
    (skipped,) = verdict["coverage"]["skipped"]
    assert skipped["what"] == str(path)
    assert words in skipped["why"]
    assert skipped["how_to_fix"]


@pytest.mark.parametrize("name", BESIDE)
def test_a_plan_beside_another_is_never_left_out(name: str, tmp_path: Path) -> None:
    data, words = BESIDE[name]
    path = tmp_path / "plans.json"
    path.write_bytes(data)
    done = run_here("review", path, "--format", "json")

    assert (done.code, json.loads(done.stdout)["decision"]) == (3, "inconclusive")
    assert words in done.stderr.decode()


@pytest.mark.parametrize("name", TWICE)
def test_a_plan_with_a_section_twice_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(TWICE[name])
    done = run_here("review", path, "--format", "json")

    assert (done.code, json.loads(done.stdout)["decision"]) == (3, "inconclusive")
    assert b"has one of its sections twice" in done.stderr


def test_a_plan_whose_changes_have_another_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes((FIXTURES / "refresh-only" / "plan.json").read_bytes().rstrip()[:-1] + b',"Resource_Changes":[]}')
    done = run_here("review", path, "--format", "json")

    assert done.code == 3
    assert b"has no changes, and a section with an unknown name" in done.stderr


@pytest.mark.parametrize("changes", ["[]", "[ \n ]"])
def test_a_plan_whose_changes_were_emptied_is_refused(changes: str, tmp_path: Path) -> None:
    whole = json.dumps(json.loads(other) | {"resource_changes": "HERE"}, indent=1)
    planned = json.loads(plan)["planned_values"]
    whole = json.dumps(json.loads(whole) | {"planned_values": planned}, indent=1).replace('"HERE"', changes)
    path = tmp_path / "plan.json"
    path.write_text(whole)
    done = run_here("review", path, "--format", "json")

    assert (done.code, json.loads(done.stdout)["decision"]) == (3, "inconclusive")
    assert b"a part of it is missing" in done.stderr


def test_a_section_that_nobody_knows_is_said(tmp_path: Path) -> None:
    verdict = reviewed(plan[:-1] + b', "new": {"a": [1, "}"]}, "newer": 2 }', tmp_path / "plan.json")

    assert verdict["decision"] == reviewed(plan, tmp_path / "bare.json")["decision"]
    done = run_here("review", tmp_path / "plan.json", "--all")
    assert b"2 sections of it not known" in done.stdout


def test_plans_put_together_by_powershell_are_all_reviewed(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    verdict = reviewed(mark + plan + b"\r\n" + mark + other, tmp_path / "plans.json")

    assert [len(verdict["inputs"]), verdict["summary"]["destroy"]] == [2, 3]


def test_several_plans_in_one_file_are_all_reviewed(tmp_path: Path) -> None:
    destroy = (FIXTURES / "destroy" / "plan.json").read_bytes()
    verdict = reviewed(plan + b"\n" + destroy, tmp_path / "plans.json")

    assert (verdict["summary"]["create"], verdict["summary"]["destroy"]) == (4, 3)
    assert len(verdict["inputs"]) == 2
    assert {change["input"] for change in verdict["changes"]} == {0, 1}


@pytest.mark.parametrize("scenario", ["create", "replace-destroy-first", "no-changes"])
def test_a_saved_plan_is_reviewed_as_its_json(scenario: str, needs_terraform: str) -> None:
    saved = json.loads(run("review", FIXTURES / scenario / "saved.tfplan", "--format", "json").stdout)
    shown = json.loads(run("review", FIXTURES / scenario / "plan.json", "--format", "json").stdout)

    assert saved["inputs"][0]["kind"] != shown["inputs"][0]["kind"]
    assert bool(saved["freshness"]["lineage"]) == (FIXTURES / scenario / "state.tfstate").is_file()
    assert saved["summary"] == shown["summary"]
    assert [change["address"] for change in saved["changes"]] == [change["address"] for change in shown["changes"]]


def test_an_errored_saved_plan_blocks(needs_terraform: str) -> None:
    assert run("review", FIXTURES / "errored" / "saved.tfplan").code == 10


def test_a_saved_plan_without_terraform_says_what_to_run(tmp_path: Path) -> None:
    done = run("review", FIXTURES / "create" / "saved.tfplan", env={"PATH": str(tmp_path)})

    assert done.code == 3
    assert b"terraform show -json" in done.stderr


def test_a_stream_is_counted_and_never_passes() -> None:
    done = run("review", FIXTURES / "create" / "plan.ndjson", "--format", "json")
    verdict = json.loads(done.stdout)

    assert done.code == 4
    assert verdict["decision"] in ("inconclusive", "review")
    assert verdict["summary"]["create"] == 4


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/plan.ndjson")), ids=lambda path: path.parent.name)
def test_a_stream_says_of_its_plan_what_the_plan_says(path: Path) -> None:
    stream = json.loads(run_here("review", path, "--format", "json").stdout)
    shown = json.loads(run_here("review", path.with_name("plan.json"), "--format", "json").stdout)

    assert stream["decision"] != "pass"
    assert stream["exit_code"] in (4, 10)
    assert {**stream["summary"], "no-op": 0} == {**shown["summary"], "no-op": 0}
