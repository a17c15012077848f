import json

import pytest

from tests.support.command import run_here
from tests.support.git import commit, git


@pytest.fixture
def repository(tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "live" / "ä").mkdir(parents=True)
    (tmp_path / "live" / "ä" / "main.tf").write_text('variable "x" {}\n')
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "change")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_is_json_for_a_matrix(repository):
    done = run_here("roots", "--changed-since", "main", "live")
    assert (done.code, done.stdout, done.stderr) == (0, b"[]\n", b"")
    (repository / "live" / "ä" / "main.tf").write_text("# x\n")
    commit(repository)
    done = run_here("roots", "--changed-since", "main", "live")
    assert (done.code, json.loads(done.stdout), done.stderr) == (0, ["live/ä"], b"")


def test_no_list_is_printed_that_cannot_be_relied_on(repository):
    (repository / "live" / "ä" / "main.tf").unlink()
    commit(repository)
    done = run_here("roots", "--changed-since", "main", "live")
    assert (done.code, done.stdout) == (4, b"")
    assert "plangate: live/ä/main.tf changed and reaches no root module that is listed" in done.stderr.decode()


@pytest.mark.parametrize(("ref", "code"), [("gone", 3), ("--all", 2), ("", 2)])
def test_what_cannot_be_compared_is_an_error(repository, ref, code):
    done = run_here("roots", f"--changed-since={ref}")
    assert (done.code, done.stdout) == (code, b"")
