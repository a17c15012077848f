import re

import pytest

from plangate.errors import PublishError
from plangate.publish.runner import MOST_BYTES, write_outputs, write_summary


def test_no_value_can_start_an_output_of_its_own(tmp_path):
    path = tmp_path / "out"
    evil = "x\nghadelimiter_0\ndecision<<E\npass\nE\ndecision=pass"
    write_outputs({"GITHUB_OUTPUT": str(path)}, {"decision": "block", "verdict": evil})
    found, lines = {}, path.read_text().split("\n")
    while lines and lines[0]:
        name, _, delimiter = lines.pop(0).partition("<<")
        end = lines.index(delimiter)
        found[name], lines = "\n".join(lines[:end]), lines[end + 1 :]
    assert found == {"decision": "block", "verdict": evil}
    assert len(set(re.findall(r"ghadelimiter_[0-9a-f]{32}", path.read_text()))) == 2


def test_a_summary_stays_within_what_the_runner_takes(tmp_path):
    path = tmp_path / "summary"
    path.write_text("x" * (MOST_BYTES - 50_000))
    asked = []
    write_summary({"GITHUB_STEP_SUMMARY": str(path)}, lambda room: asked.append(room) or "page")
    assert asked == [50_000]
    assert path.read_text().endswith("page\n")
    path.write_text("x" * MOST_BYTES)
    write_summary({"GITHUB_STEP_SUMMARY": str(path)}, lambda room: "page")
    assert not path.read_text().endswith("page\n")


def test_without_a_runner_nothing_is_written():
    write_outputs({}, {"decision": "block"})
    write_summary({}, lambda room: "page")


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    for name, write in (
        ("GITHUB_OUTPUT", lambda env: write_outputs(env, {"a": "b"})),
        ("GITHUB_STEP_SUMMARY", lambda env: write_summary(env, lambda room: "page")),
    ):
        with pytest.raises(PublishError, match=name):
            write({name: str(tmp_path / "no" / "such")})
