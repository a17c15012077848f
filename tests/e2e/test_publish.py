"""`plangate publish` against a GitHub that misbehaves: the verdict stands, is never forged and never leaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec import structs

from plangate.model.verdict import Decision, Severity
from plangate.publish import github as client
from plangate.publish import state
from plangate.report import json_v1, wire
from tests.support.command import Done, run, run_here
from tests.support.github_actors import Watch
from tests.support.github_server import HEAD, NEW, OLD, TOKEN, FakeGitHub, Fault, serving
from tests.support.rendering import GITHUB
from tests.support.verdicts import HOSTILE, everything, finding, verdict

EVIL = (
    HOSTILE
    + "\r\n# heading\n- item\n```\n::error::x\n::stop-commands::y\n##[add-mask]z\ndecision=pass\n<!-- plangate:comment/v1 -->"
)
KEY = state.key_of("live/db", "prod")


class Runner:
    """The environment of one step, and what it left behind."""

    def __init__(self, folder: Path, server: FakeGitHub):
        self.folder = folder
        self.server = server
        self.env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": server.url,
            "GITHUB_REPOSITORY": "octo/infra",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_SHA": "9" * 40,
            "GITHUB_RUN_ID": "55",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        }
        self.event()

    def event(self, head: str = "octo/infra", sha: str = HEAD) -> None:
        pull = {
            "number": 7,
            "head": {"sha": sha, "repo": {"full_name": head}},
            "base": {"ref": "main", "repo": {"full_name": "octo/infra"}},
        }
        event = {"pull_request": pull, "repository": {"default_branch": "main"}}
        (self.folder / "event.json").write_text(json.dumps(event))

    def save(self, given: object) -> Path:
        path = self.folder / "verdict.json"
        path.write_bytes(json_v1.ENCODER.encode(given) if isinstance(given, wire.Verdict) else json_v1.render(given))
        return path

    @property
    def summary(self) -> str:
        path = self.folder / "summary"
        return path.read_text() if path.exists() else ""

    @property
    def outputs(self) -> dict[str, str]:
        text = (self.folder / "output").read_text()
        return {m[1]: m[3] for m in re.finditer(r"^([a-z-]+)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)}


@pytest.fixture
def runner(tmp_path, monkeypatch):
    with serving() as server:
        made = Runner(tmp_path, server)
        for name in ("GH_TOKEN", "GITHUB_GRAPHQL_URL", "HTTP_PROXY", "http_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name, value in made.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(client, "Clock", lambda: Watch().clock)
        yield made


def publish(runner: Runner, given: object, *options: str) -> Done:
    return run_here("publish", runner.save(given), "--github-host", "127.0.0.1", *options)


def blocked():
    return everything()


def reviewed():
    found = (finding("queue-renamed", Severity.MEDIUM),)
    return verdict(
        Decision.REVIEW, "look at it", target="live/db", environment="prod", risk=Severity.MEDIUM, findings=found
    )


def test_a_block_is_published_everywhere(runner):
    done = publish(runner, blocked())
    assert done.code == 10
    (comment,) = runner.server.comments
    (check,) = runner.server.checks
    assert "## BLOCK: aws\\_db\\_instance.main holds data" in comment.body
    assert "[full report](https://github.com/octo/infra/actions/runs/55)" in comment.body
    assert (check["conclusion"], check["name"], check["head_sha"]) == ("failure", "plangate (live/db, prod)", HEAD)
    assert check["output"]["title"].startswith("BLOCK: aws_db_instance.main holds data")
    assert ("modules/db/main.tf", 12) in {(a["path"], a["start_line"]) for a in check["annotations"]}
    assert "## BLOCK" in runner.summary
    assert {k: runner.outputs[k] for k in ("decision", "risk", "replace", "published")} == {
        "decision": "block",
        "risk": "critical",
        "replace": "1",
        "published": "true",
    }
    assert runner.outputs["comment-url"].endswith(f"#issuecomment-{comment.id}")


def test_nothing_happens_on_a_pull_request_where_nothing_changes(runner):
    assert publish(runner, verdict(target="live/db", environment="prod")).code == 0
    assert runner.server.comments == []
    assert runner.server.checks[0]["conclusion"] == "success"


def test_a_resolved_block_is_said_in_the_comment_that_is_there(runner):
    publish(runner, blocked())
    runner.server.head = NEW
    runner.event(sha=NEW)
    assert publish(runner, verdict(target="live/db", environment="prod")).code == 0
    (comment,) = runner.server.comments
    assert "## PASS: no changes" in comment.body
    assert re.search(r"since the last push: 0 new, \d resolved", comment.body)


@pytest.mark.parametrize(
    ("given", "require", "code"),
    [(blocked(), True, 10), (blocked(), False, 10), (reviewed(), True, 20), (reviewed(), False, 0)],
)
def test_without_a_token_the_verdict_stands(runner, monkeypatch, given, require, code):
    monkeypatch.delenv("GITHUB_TOKEN")
    done = publish(runner, given, *(["--require"] if require else []))
    assert done.code == code
    assert done.stderr.decode().splitlines()[0] == (
        "plangate: the verdict was not published: there is no token; the verdict stands"
    )
    assert runner.summary
    assert runner.outputs["published"] == "false"
    assert done.stdout.startswith(b"::")


def test_a_fork_says_once_that_a_maintainer_has_to_run_it(runner):
    runner.event(head="stranger/infra")
    runner.server.always = lambda request: Fault("403", message="Resource not accessible by integration")
    done = publish(runner, reviewed())
    assert done.code == 0
    assert done.stderr.decode().count("a maintainer has to run plangate") == 1
    assert len(done.stderr.splitlines()) == 1
    assert runner.summary


def test_a_forged_address_does_not_get_the_token(runner, monkeypatch):
    path = runner.save(reviewed())
    done = run_here("publish", path)
    assert done.code == 2
    assert runner.server.requests == []
    monkeypatch.setenv("GITHUB_API_URL", "https://evil.example")
    assert run_here("publish", path, "--github-host", "127.0.0.1").code == 2


def test_an_older_head_writes_no_comment(runner):
    runner.server.head = NEW
    done = publish(runner, blocked(), "--require")
    assert done.code == 10
    assert runner.server.comments == []
    assert b"superseded" in done.stderr


def test_what_is_only_observed_is_told_and_holds_nothing_back(runner):
    config = runner.folder / "gate.yaml"
    config.write_text("mode: observe\n")
    assert publish(runner, structs.replace(blocked(), mode="observe"), "--config", str(config)).code == 0
    (check,) = runner.server.checks
    assert (check["conclusion"], check["output"]["title"][:23]) == ("neutral", "only observed: BLOCK: a")
    assert "## BLOCK" in runner.server.comments[0].body
    assert "nothing is enforced here" in runner.server.comments[0].body


def test_a_merge_queue_gets_a_check_and_no_comment(runner, monkeypatch):
    (runner.folder / "event.json").write_text(json.dumps({"merge_group": {"head_sha": NEW}}))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
    assert publish(runner, reviewed()).code == 0
    assert runner.server.comments == []
    assert [c["head_sha"] for c in runner.server.checks] == [NEW]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "plangate/verdict/v2"}'])
def test_what_is_not_a_verdict_is_not_published(runner, content):
    path = runner.folder / "verdict.json"
    path.write_bytes(content)
    assert run_here("publish", path, "--github-host", "127.0.0.1").code == 3
    assert runner.server.requests == []


@pytest.mark.parametrize(
    ("written", "instead", "words"),
    [
        (b'"exit_code":10', b'"exit_code":0', b"contradicts itself: its exit code is 0, and its findings ask for 10"),
        (b'"exit_code":10', b'"exit_code":10,"exit_code":0', b"has a key twice: it was edited"),
        (
            b'"findings":[{',
            b'"mode":"observe","findings":[{',
            b"is only observed, and the configuration does not say so",
        ),
    ],
)
def test_a_verdict_that_this_gate_cannot_have_written_is_not_published(runner, written, instead, words):
    path = runner.folder / "verdict.json"
    path.write_bytes(json_v1.render(blocked()).replace(written, instead, 1))
    done = run_here("publish", path, "--github-host", "127.0.0.1")
    assert (done.code, words in done.stderr) == (3, True), done.stderr
    assert runner.server.requests == []


# --- the k-th request fails -------------------------------------------------------------------------------------------

KINDS = ["500", "502-after", "401", "403", "404", "409", "422", "429", "drop", "drop-after", "cut", "html", "elsewhere"]
PASSED_BEFORE = state.State(key=KEY, sha=OLD, run=1, attempt=1, now=frozenset(), before=None)


def old_comment() -> str:
    text = "## PASS: no changes\n\ncommit `0000000`\n"
    return f"{state.marker(PASSED_BEFORE, text)}\n{text}"


def judge(runner: Runner, done: Done, code: int, *, published: bool) -> None:
    """Whatever went wrong: the code is right, nothing passes, and no comment says of this commit what is not so."""
    assert done.code == code
    assert TOKEN.encode() not in done.everything
    assert all(check["conclusion"] != "success" for check in runner.server.checks)
    assert all(status["state"] != "success" for status in runner.server.statuses)
    for comment in runner.server.comments:
        about = state.parse(comment.body)
        assert comment.body == old_comment() or (about.sha == HEAD and "## BLOCK" in comment.body)
    assert len(runner.server.shown()) <= 1
    if published:
        concluded = [c["conclusion"] for c in runner.server.checks] + [s["state"] for s in runner.server.statuses]
        assert concluded[-1:] == ["failure"]
        assert "## BLOCK" in runner.server.shown()[0].body


@pytest.mark.parametrize("there", [False, True], ids=["first", "update"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_kth_request_failing_never_ends_in_a_pass(runner, kind, there):
    path = runner.save(blocked())
    wait = {"Retry-After": "3600"} if kind == "429" else {}
    for k in range(8):
        for forever in (False, True):
            server = runner.server
            server.comments.clear()
            server.checks.clear()
            server.statuses.clear()
            server.requests.clear()
            (runner.folder / "output").unlink(missing_ok=True)
            if there:
                server.add_comment(old_comment())
            fault = Fault(kind, wait)
            server.script = {k: fault}
            server.always = lambda request, k=k, fault=fault, forever=forever: (
                fault if forever and len(runner.server.requests) > k else None
            )
            done = run_here("publish", path, "--github-host", "127.0.0.1", "--require")
            judge(runner, done, 10, published=runner.outputs["published"] == "true")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_required_and_not_published_exits_20(runner, kind):
    wait = {"Retry-After": "3600"} if kind == "429" else {}
    runner.server.always = lambda request: Fault(kind, wait)
    assert publish(runner, reviewed(), "--require").code == 20
    assert publish(runner, reviewed()).code == 0


# --- hostile plans ----------------------------------------------------------------------------------------------------


def tokens(source):
    for token in GITHUB.parse(source):
        yield token
        yield from token.children or ()


def assert_inert(page: str) -> None:
    found = list(tokens(page))
    assert not [t for t in found if t.type in ("image", "code_block", "blockquote_open", "hr")]
    assert {t.info for t in found if t.type == "fence"} <= {"diff", "yaml"}
    assert sum(t.type == "heading_open" for t in found) == 7
    links = {t.attrGet("href") for t in found if t.type == "link_open"}
    ours = f"https://github.com/octo/infra/blob/{HEAD}/"
    assert {link for link in links if not str(link).startswith(ours)} <= {
        "https://docs.example/databases",
        "https://github.com/octo/infra/actions/runs/55",
    }
    assert not re.search(r"@[\w\[]", page)
    text = "\n".join(t.content for t in found if t.type == "text")
    assert not re.search(r"(?:#|GH-)\d|://|www\.", text)
    assert page.count("<details>") == page.count("\n</details>\n")


def test_a_hostile_plan_adds_nothing_to_any_page(runner):
    done = publish(runner, everything(EVIL))
    assert done.code == 10
    (comment,) = runner.server.comments
    (check,) = runner.server.checks
    assert_inert(comment.body)
    assert_inert(check["output"]["summary"])
    assert_inert(runner.summary)
    assert comment.body.startswith("<!-- plangate:comment/v1 key=")
    assert sum("<!--" in t.content for t in GITHUB.parse(comment.body) if t.type == "html_block") == 1
    assert not re.search(r"@\w|://|\n", check["output"]["title"])
    # A required check is found by its name, which GitHub shows as text: it is spelled as it is.
    assert check["name"].startswith("plangate (live/db")
    assert check["name"].isprintable()
    assert "\u200b" not in check["name"]
    for annotation in check["annotations"]:
        assert not re.search(r"[\n\x1b\u202e]|@\w|://", annotation["message"] + annotation["title"])
    assert runner.outputs["decision"] == "block"
    for line in done.stderr.decode().splitlines() + done.stdout.decode().splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_a_hostile_plan_without_a_token_gives_commands_of_ours_only(runner, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    for line in publish(runner, everything(EVIL)).stdout.decode().splitlines():
        assert re.match(r"::(error|warning|notice) (file=[^,]*,line=\d+,)?title=plangate%3A [^:]*::", line)
        assert not re.search(r"##\w*\[", line)


def test_a_target_name_cannot_reach_another_targets_comment(runner):
    publish(runner, everything())
    other = structs.replace(reviewed(), target=f"live/db -->\n<!-- plangate:comment/v1 key={KEY}")
    publish(runner, other, "--check-name", "other")
    assert len(runner.server.comments) == 2
    assert "## BLOCK: aws" in runner.server.comments[0].body


# --- merged -----------------------------------------------------------------------------------------------------------


def test_many_targets_make_one_comment_and_one_check(runner):
    folder = runner.folder / "verdicts"
    for name, given in (("a", everything()), ("b", verdict(target="live/web", environment="prod", inputs=()))):
        (folder / name).mkdir(parents=True)
        (folder / name / "verdict.json").write_bytes(json_v1.render(given))
    (folder / "a" / "plan.json").write_text('{"format_version": "1.2"}')
    whole = runner.folder / "whole.json"
    expect = runner.folder / "expect"
    expect.write_text('["live/db", {"target": "live/web", "environment": "prod"}]')
    done = run_here("merge", folder, "--expect", expect, "-o", f"json={whole}")
    assert done.code == 10
    assert run_here("publish", whole, "--github-host", "127.0.0.1").code == 10
    (comment,) = runner.server.comments
    assert "- **block** `live/db (prod)`" in comment.body
    assert "no changes in live/web (prod)" in comment.body
    assert runner.server.checks[0]["name"] == "plangate"


def test_no_target_at_all_still_sets_the_check(runner):
    whole = runner.folder / "whole.json"
    expect = runner.folder / "expect"
    expect.write_text("[]")
    done = run_here("merge", runner.folder / "verdicts", "--expect", expect, "-o", f"json={whole}")
    assert (done.code, done.stderr) == (0, b"")
    assert run_here("publish", whole, "--github-host", "127.0.0.1").code == 0
    assert runner.server.comments == []
    assert [(c["name"], c["conclusion"]) for c in runner.server.checks] == [("plangate", "success")]


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({}, ["{}/missing.json"], 3),
        ({}, ["{}"], 3),
        ({}, ["{}/*.json"], 3),
        ({"v.json": b"{"}, ["{}"], 3),
        ({"plan.json": b'{"a": 1}'}, ["{}"], 3),
        ({"v.json": b"ok", "cut.json": b'{"schema": "plangate/ver'}, ["{}"], 3),
        ({"v.json": b"ok", "plan.json": b'{"a": 1}'}, ["{}"], 0),
        ({"v.json": b"ok"}, ["{}/*.json"], 0),
        ({"v.json": b"ok"}, ["{}/v.json", "{}/*.json"], 0),
        ({"v.json": b"ok"}, ["{}", "--expect", "{}/none"], 2),
        ({"v.json": b"ok", "e": b'[{"target": 1}]'}, ["{}", "--expect", "{}/e"], 2),
        ({"v.json": b"ok", "e": b"# what there is\nlive/db\tprod\n\n"}, ["{}", "--expect", "{}/e"], 0),
        ({"v.json": b"ok", "e": b"live/db\nlive/web\n"}, ["{}", "--expect", "{}/e"], 4),
        ({"v.json": b"review"}, ["{}", "--fail-on", "review"], 11),
        ({}, [], 2),
    ],
)
def test_merge_exits_with(tmp_path, files, arguments, code):
    made = {b"ok": json_v1.render(verdict(target="live/db", environment="prod")), b"review": json_v1.render(reviewed())}
    for name, content in files.items():
        (tmp_path / name).write_bytes(made.get(content, content))
    done = run_here("merge", *(argument.replace("{}", str(tmp_path)) for argument in arguments))
    assert done.code == code, done.everything


def test_publishing_costs_a_review_nothing():
    done = run("review", "fixtures/no-changes/plan.json", python=("-X", "importtime"))
    assert b"urllib3" not in done.stderr
    assert b"plangate.publish" not in done.stderr
