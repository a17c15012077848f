import logging

import pytest

from plangate.errors import PublishError, RefusedError, UnclearError, UsageError
from tests.github_server import TOKEN, Fault, serving
from tests.unit.publish.actors import Watch, client

PULL = "/repos/octo/infra/pulls/7"
COMMENTS = "/repos/octo/infra/issues/7/comments"


@pytest.fixture
def server():
    with serving() as github:
        yield github


def asked(server):
    return [request.method for request in server.requests]


@pytest.mark.parametrize("kind", ["500", "502", "503", "drop", "drop-after", "cut", "502-after"])
def test_reading_is_tried_again(server, kind):
    server.script = {0: Fault(kind), 1: Fault(kind)}
    assert client(server).get(PULL)["number"] == 7
    assert asked(server) == ["GET"] * 3


def test_reading_is_not_tried_for_ever(server):
    server.always = lambda request: Fault("503")
    with pytest.raises(PublishError, match="answers 503"):
        client(server).get(PULL)
    assert asked(server) == ["GET"] * 4


@pytest.mark.parametrize("kind", ["500", "502-after", "drop", "drop-after", "cut", "html"])
def test_creating_is_never_repeated_blindly(server, kind):
    server.script = {0: Fault(kind)}
    with pytest.raises(UnclearError):
        client(server).post(COMMENTS, {"body": "x"})
    assert asked(server) == ["POST"]


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (Fault("429", {"Retry-After": "7"}), [7.0]),
        (Fault("403", {"Retry-After": "7"}), [7.0]),
        (Fault("429", {"Retry-After": "Mon, 12 Jan 1970 13:46:50 GMT"}), [10.0]),
        (Fault("403", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000030"}), [30.0]),
        (Fault("403", message="You have exceeded a secondary rate limit."), [60.0]),
        (Fault("429"), [60.0]),
    ],
)
def test_a_limit_is_waited_for_even_when_creating(server, fault, waited):
    watch = Watch()
    server.script = {0: fault}
    assert client(server, watch).post(COMMENTS, {"body": "x"})["id"]
    assert watch.slept == waited
    assert len(server.comments) == 1


def test_a_limit_beyond_the_time_is_told_at_once(server):
    watch = Watch()
    server.script = {0: Fault("403", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1003600"})}
    with pytest.raises(PublishError, match="asks to wait 3600 s"):
        client(server, watch).get(PULL)
    assert watch.slept == []


@pytest.mark.parametrize("status", ["401", "403", "404", "410", "422"])
def test_a_refusal_is_final_and_says_why(server, status):
    needs = {"X-Accepted-GitHub-Permissions": "pull_requests=write"} if status == "403" else {}
    server.script = {0: Fault(status, needs, "Resource not accessible by integration")}
    with pytest.raises(RefusedError, match="Resource not accessible") as caught:
        client(server).get(PULL)
    assert caught.value.status == int(status)
    assert caught.value.hint == ("the token needs: pull_requests=write" if needs else None)
    assert asked(server) == ["GET"]


def test_nothing_goes_to_another_host(server):
    server.script = {0: Fault("elsewhere")}
    with pytest.raises(PublishError, match="another host"):
        client(server).get(PULL)
    for i in range(3):
        server.add_comment(str(i))
    server.page_size = 2
    mine, server.url = client(server), "http://localhost:9"
    with pytest.raises(PublishError, match="another host"):
        list(mine.pages(f"{COMMENTS}?per_page=100"))


def test_every_page_is_read(server):
    for i in range(250):
        server.add_comment(str(i))
    pages = list(client(server).pages(f"{COMMENTS}?per_page=100"))
    assert [len(page) for page in pages] == [100, 100, 50]


def test_what_has_not_changed_is_not_sent_again(server):
    mine = client(server)
    assert mine.get(PULL) == mine.get(PULL)
    server.head = "c" * 40
    assert mine.get(PULL)["head"]["sha"] == "c" * 40


def test_the_token_is_never_told(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.script = {0: Fault("403", message=f"bad token {TOKEN}")}
    mine = client(server)
    with pytest.raises(RefusedError) as caught:
        mine.get(PULL)
    mine.get(PULL)
    assert TOKEN not in caplog.text + str(caught.value) + repr(mine)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "é"])
def test_what_cannot_be_a_token_is_refused(server, token):
    with pytest.raises(UsageError):
        client(server, token=token)


def test_the_time_is_for_everything_together(server):
    watch = Watch()
    mine = client(server, watch, seconds=10)
    mine.get(PULL)
    watch.time = 11
    with pytest.raises(PublishError, match="not enough time"):
        mine.get(PULL)


def test_a_server_that_is_not_there_is_told(server):
    mine = client(server)
    mine._endpoints = type(mine._endpoints)("http://127.0.0.1:9", "http://127.0.0.1:9/graphql", mine._endpoints.origin)
    for _ in range(2):
        with pytest.raises(PublishError, match="does not answer"):
            mine.post("/x", {})


def test_an_error_of_graphql_is_a_refusal(server):
    with pytest.raises(RefusedError, match="no such node"):
        client(server).graphql("mutation { minimizeComment }", {"id": "IC_1"})
