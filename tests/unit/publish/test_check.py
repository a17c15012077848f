import pytest

from plangate.errors import PublishError
from plangate.model.verdict import Decision
from plangate.publish import check, state
from tests.support.github_actors import KEY, client, place, report
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


# --- one name -----------------------------------------------------------------------------------------------------------


def test_what_the_other_target_said_last_counts(server):
    publish(server, Decision.BLOCK, where=place(run=4), key=OTHER)
    publish(server, Decision.PASS, where=place(run=6), key=OTHER)
    assert publish(server, Decision.PASS).outcome == "check"


def test_an_older_block_is_not_withheld_for_a_newer_pass(server):
    publish(server, Decision.PASS, where=place(run=6))
    assert publish(server, Decision.BLOCK, where=place(run=5)).outcome == "check"
    assert server.checks[-1]["conclusion"] == "failure"
    publish(server, Decision.PASS, where=place(run=6, attempt=2))
    assert server.checks[-1]["conclusion"] == "success"


def interfering(server, method, *, decision, key, run, name="plangate"):
    """Somebody else's result, which appears right after the first request of a kind."""
    left = [1]

    def always(request):
        if left and request.method == method and ("check-runs" in request.path or "/statuses/" in request.path):
            left.pop()
            server.always = lambda request: None
            server.after = lambda: publish(server, decision, where=place(run=run), key=key, name=name)

    server.always = always


@pytest.mark.parametrize("statuses", [False, True], ids=["check", "status"])
def test_a_worse_result_of_another_target_at_the_same_time_is_what_stays(server, statuses):
    server.checks_allowed = not statuses
    interfering(server, "POST", decision=Decision.BLOCK, key=OTHER, run=5)
    with pytest.raises(PublishError, match="another target or branch has a worse result"):
        publish(server, Decision.PASS)
    assert shown(server) == "failure"
    with pytest.raises(PublishError, match="another target or branch has a worse result"):
        publish(server, Decision.PASS)
    publish(server, Decision.PASS, where=place(run=7), key=OTHER)
    assert shown(server) == "success"


@pytest.mark.parametrize("statuses", [False, True], ids=["check", "status"])
def test_a_milder_result_of_another_target_at_the_same_time_does_not_stay_on_top(server, statuses):
    server.checks_allowed = not statuses
    rival = state.key_of("live/web", "prod")

    def beside():
        # It looked before ours was there, and writes after it.
        entry = f"plangate/v1 {rival} 5.1"
        if statuses:
            server.statuses.append(
                {
                    "state": "success",
                    "context": "plangate",
                    "id": server.new_id(),
                    "sha": HEAD,
                    "target_url": f"https://x#{entry}",
                }
            )
        else:
            server.checks.append(
                {
                    "id": server.new_id(),
                    "name": "plangate",
                    "head_sha": HEAD,
                    "external_id": entry,
                    "conclusion": "success",
                }
            )

    left = [1]

    def always(request):
        if left and request.method == "POST" and ("check-runs" in request.path or "/statuses/" in request.path):
            left.pop()
            server.after = beside

    server.always = always
    publish(server, Decision.BLOCK)
    assert shown(server) == "failure"


@pytest.mark.parametrize("statuses", [False, True], ids=["check", "status"])
def test_an_older_pass_at_the_same_time_as_a_newer_block_ends_blocked(server, statuses):
    server.checks_allowed = not statuses
    interfering(server, "POST", decision=Decision.BLOCK, key=KEY, run=9)
    publish(server, Decision.PASS, where=place(run=5))
    assert shown(server) == "failure"


def shown(server):
    """What GitHub shows: the latest of the name."""
    if server.checks_allowed:
        return max((run for run in server.checks if run["name"] == "plangate"), key=lambda run: run["id"])["conclusion"]
    return server.statuses[-1]["state"]


def test_a_status_of_another_target_is_not_hidden_either(server):
    server.checks_allowed = False
    publish(server, Decision.BLOCK)
    with pytest.raises(PublishError, match="another target or branch"):
        publish(server, Decision.PASS, key=OTHER)
    assert publish(server, Decision.PASS, where=place(run=4)).outcome == "superseded"
    assert [status["state"] for status in server.statuses] == ["failure"]
    publish(server, Decision.PASS, where=place(run=6))
    assert server.statuses[-1]["state"] == "success"


def test_a_status_that_cannot_say_whose_it_is_is_refused(server):
    server.checks_allowed = False
    with pytest.raises(PublishError, match="cannot say which target it is of"):
        publish(server, where=place(page=""))
    assert server.statuses == []
