import pytest

from plangate.errors import PublishError
from plangate.model.verdict import Decision
from plangate.publish import check, state
from tests.support.github_actors import client, place, report
from tests.support.github_server import HEAD, Fault, serving

OTHER = state.key_of("live/web", "prod")


@pytest.fixture
def server():
    with serving() as github:
        yield github


def publish(server, *given, where=None, **fields):
    return check.publish(client(server), where or place(), report(*given, **fields))


@pytest.mark.parametrize(
    ("decision", "conclusion"),
    [
        (Decision.PASS, "success"),
        (Decision.REVIEW, "action_required"),
        (Decision.INCONCLUSIVE, "failure"),
        (Decision.BLOCK, "failure"),
    ],
)
def test_the_conclusion_follows_the_decision(server, decision, conclusion):
    assert publish(server, decision).outcome == "check"
    (run,) = server.checks
    assert (run["conclusion"], run["status"], run["head_sha"], run["name"]) == (
        conclusion,
        "completed",
        HEAD,
        "plangate",
    )


@pytest.mark.parametrize("count", [0, 1, 50, 51, 100, 260])
def test_annotations_go_in_batches_of_fifty_and_the_conclusion_comes_last(server, count):
    publish(server, annotations=count)
    (run,) = server.checks
    assert [a["start_line"] for a in run["annotations"]] == list(range(1, count + 1))
    bodies = [r.body for r in server.requests if r.body]
    assert [b["status"] for b in bodies] == ["in_progress"] * (len(bodies) - 1) + ["completed"]
    assert all("conclusion" not in b for b in bodies[:-1])


@pytest.mark.parametrize("kind", ["502", "drop", "502-after", "drop-after", "cut", "html"])
@pytest.mark.parametrize("count", [1, 120])
def test_an_unclear_creation_makes_one_check(server, kind, count):
    left = [kind]
    server.always = lambda request: Fault(left.pop()) if left and request.method == "POST" else None
    publish(server, annotations=count)
    (run,) = server.checks
    assert run["conclusion"] == "failure"
    assert len(run["annotations"]) == count


def test_a_crash_leaves_a_check_that_blocks(server):
    server.always = lambda request: Fault("500") if request.method == "PATCH" else None
    with pytest.raises(PublishError):
        publish(server, annotations=120)
    (run,) = server.checks
    assert (run["status"], run["conclusion"]) == ("in_progress", None)


def test_annotations_that_are_refused_do_not_cost_the_decision(server):
    refuse = lambda request: (  # noqa: E731
        Fault("422") if (request.body or {}).get("output", {}).get("annotations") else None
    )
    for count in (1, 120):
        server.checks.clear()
        server.always = refuse
        done = publish(server, annotations=count)
        assert (done.outcome, done.annotated) == ("check", False)
        assert server.checks[0]["conclusion"] == "failure"


def test_the_same_run_again_writes_the_same_check(server):
    publish(server)
    publish(server)
    (run,) = server.checks
    assert len(run["annotations"]) == 1


def test_an_older_run_does_not_hide_a_newer_one(server):
    publish(server, where=place(run=6))
    assert publish(server, Decision.PASS, where=place(run=5)).outcome == "superseded"
    publish(server, Decision.PASS, where=place(run=7))
    assert [run["conclusion"] for run in server.checks] == ["failure", "success"]


def test_a_milder_target_does_not_hide_a_worse_one_of_the_same_name(server):
    publish(server, Decision.BLOCK)
    with pytest.raises(PublishError, match="another target"):
        publish(server, Decision.PASS, key=OTHER)
    assert [run["conclusion"] for run in server.checks] == ["failure"]
    server.checks.clear()
    publish(server, Decision.PASS)
    publish(server, Decision.BLOCK, key=OTHER)
    assert [run["conclusion"] for run in server.checks] == ["success", "failure"]


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision.PASS, "success"),
        (Decision.REVIEW, "pending"),
        (Decision.INCONCLUSIVE, "error"),
        (Decision.BLOCK, "failure"),
    ],
)
def test_a_token_without_checks_sets_a_status(server, decision, expected):
    server.checks_allowed = False
    assert publish(server, decision).outcome == "status"
    (status,) = server.statuses
    assert (status["state"], status["context"], status["sha"]) == (expected, "plangate", HEAD)


@pytest.mark.parametrize(("kind", "times"), [("502", 2), ("502-after", 1), ("drop-after", 1)])
def test_an_unclear_status_is_looked_for_first(server, kind, times):
    server.checks_allowed = False
    left = [kind]
    server.always = lambda request: Fault(left.pop()) if left and "/statuses/" in request.path else None
    publish(server)
    assert len(server.statuses) == 1
    assert len([r for r in server.requests if r.method == "POST" and "/statuses/" in r.path]) == times


def test_neither_check_nor_status_is_told(server):
    server.checks_allowed = False
    server.always = lambda request: Fault("403") if "/statuses/" in request.path else None
    with pytest.raises(PublishError, match="neither a check nor a status"):
        publish(server)
