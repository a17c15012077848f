import threading

import pytest

from plangate.errors import PublishError, RefusedError
from plangate.publish import comment, state
from plangate.publish.github import Clock
from tests.support.github_actors import KEY, client, place, wish
from tests.support.github_server import HEAD, NEW, OLD, Fault, serving


@pytest.fixture
def server():
    with serving() as github:
        yield github


def publish(server, where=None, watch=None, **fields):
    where = where or place()
    return comment.publish(client(server, watch), where, wish(where, **fields))


def test_the_first_run_creates_the_comment_and_the_second_changes_nothing(server):
    assert publish(server).outcome == "created"
    assert publish(server).outcome == "unchanged"
    assert len(server.comments) == 1
    assert server.comments[0].edits == 0


def test_the_next_push_updates_it_and_says_what_is_new(server):
    publish(server)
    server.head = NEW
    where = place(run=6, sha=NEW)
    assert publish(server, where, text="other", found=("f2", "f3", "f4")).outcome == "updated"
    (only,) = server.comments
    assert "since the last push: 2 new, 1 resolved" in only.body
    assert state.parse(only.body).sha == NEW
    # A second run on the same commit still compares with the push before.
    assert publish(server, place(run=7, sha=NEW), text="again", found=("f2",)).outcome == "updated"
    assert "since the last push: 0 new, 1 resolved" in only.body


def test_an_older_head_never_overwrites_a_newer_one(server):
    server.head = NEW
    publish(server, place(run=6, sha=NEW), text="new")
    assert publish(server, place(run=9, sha=HEAD), text="old").outcome == "superseded"
    assert "new" in server.comments[0].body


def test_an_older_run_never_overwrites_a_newer_one(server):
    publish(server, place(run=6, attempt=2), text="new")
    for run, attempt in ((5, 9), (6, 1)):
        assert publish(server, place(run=run, attempt=attempt), text="old").outcome == "superseded"
    assert "new" in server.comments[0].body


def test_an_older_head_creates_nothing(server):
    assert publish(server, place(sha=OLD)).outcome == "superseded"
    assert server.comments == []


def test_nothing_is_written_where_nothing_happens_unless_there_is_a_comment(server):
    assert publish(server, only_if_there=True).outcome == "not needed"
    assert server.comments == []
    publish(server)
    assert publish(server, place(run=6), text="no changes", only_if_there=True).outcome == "updated"


def test_another_users_comment_with_our_marker_is_left_alone(server):
    where = place()
    forged = wish(where, text="PASS").body(None, 60_000)
    server.add_comment(forged, author="mallory")
    assert publish(server).outcome == "created"
    assert [c.author for c in server.comments] == ["mallory", "github-actions[bot]"]
    assert server.comments[0].body == forged
    assert not server.comments[0].minimized


def test_a_comment_of_ours_that_only_quotes_the_marker_is_left_alone(server):
    server.add_comment("> " + wish(place()).body(None, 60_000))
    publish(server)
    assert len(server.comments) == 2
    assert server.comments[0].edits == 0


def test_targets_have_comments_of_their_own(server):
    other = state.key_of("live/web", "prod")
    server.add_comment(wish(place()).body(None, 60_000).replace(KEY, other))
    publish(server)
    assert len(server.shown()) == 2


def test_the_oldest_of_several_wins_and_the_others_are_folded(server):
    bodies = [wish(place(run=i), text=f"from {i}").body(None, 60_000) for i in (1, 2, 3)]
    for body in bodies:
        server.add_comment(body)
    publish(server)
    assert [c.minimized for c in server.comments] == [False, True, True]
    assert "the verdict" in server.comments[0].body


def test_a_duplicate_that_cannot_be_folded_is_a_warning(server):
    for i in (1, 2):
        server.add_comment(wish(place(run=i)).body(None, 60_000))
    server.always = lambda request: (
        Fault("403") if request.body and "minimizeComment" in request.body.get("query", "") else None
    )
    done = publish(server)
    assert done.outcome == "updated"
    assert done.warnings


def test_a_hidden_comment_is_not_written_to(server):
    hidden = server.add_comment(wish(place(run=1)).body(None, 60_000))
    hidden.minimized = True
    assert publish(server).outcome == "created"
    assert len(server.shown()) == 1


@pytest.mark.parametrize("repeat", [False, True])
def test_the_comment_is_found_on_a_later_page_even_where_pages_overlap(server, repeat):
    for i in range(250):
        server.add_comment(f"talk {i}", author="octocat")
    server.add_comment(wish(place(run=1)).body(None, 60_000))
    server.repeat_first_page = repeat
    assert publish(server).outcome == "updated"
    assert len(server.comments) == 251


def test_without_graphql_the_author_is_found_out(server):
    server.graphql_allowed = False
    server.viewer = "octocat"
    server.add_comment(wish(place()).body(None, 60_000), author="mallory")
    assert publish(server).outcome == "created"
    assert publish(server).outcome == "unchanged"
    assert [c.author for c in server.comments] == ["mallory", "octocat"]


@pytest.mark.parametrize("kind", ["502-after", "drop-after", "cut", "html"])
def test_a_comment_that_was_created_in_spite_of_an_error_is_found(server, kind):
    server.always = once(kind)
    assert publish(server).outcome == "created"
    assert len(server.comments) == 1


@pytest.mark.parametrize("kind", ["502", "drop"])
def test_a_comment_that_was_not_created_is_tried_once_more(server, kind):
    server.always = once(kind)
    assert publish(server).outcome == "created"
    assert len(server.comments) == 1


def once(kind):
    left = [kind]
    return lambda request: Fault(left.pop()) if left and request.path.endswith("/issues/7/comments") else None


def test_creating_is_tried_twice_at_most(server):
    server.always = lambda request: Fault("502") if request.path.endswith("/issues/7/comments") else None
    with pytest.raises(PublishError, match="may not have been created"):
        publish(server)
    assert len([r for r in server.requests if r.path.endswith("/issues/7/comments")]) == 2


def test_a_comment_deleted_under_our_hands_is_created_again(server):
    gone = server.add_comment(wish(place(run=1)).body(None, 60_000))

    def delete(request):
        if request.method == "PATCH" and gone in server.comments:
            server.comments.remove(gone)

    server.always = delete
    assert publish(server).outcome == "created"
    assert len(server.comments) == 1


def test_a_body_that_is_too_long_after_all_is_sent_short(server):
    server.longest = 20_000
    assert publish(server, text="x" * 50_000).outcome == "created"
    assert len(server.comments[0].body) < 11_000


def test_an_update_that_is_accepted_and_not_done_is_not_believed(server):
    old = server.add_comment(wish(place(run=1), text="old").body(None, 60_000))
    keep = old.body

    class Stubborn(type(old)):
        def __setattr__(self, name, value):
            object.__setattr__(self, name, keep if name == "body" else value)

    old.__class__ = Stubborn
    with pytest.raises(PublishError, match="keep changing"):
        publish(server)


def test_a_list_that_lags_behind_makes_no_second_comment(server):
    hidden = []

    def lag(request):
        # The list of before: the comment is taken out of it while it is read.
        if request.path == "/graphql":
            hidden.extend(server.comments)
            server.comments.clear()

    server.always = lag
    done = publish(server)
    assert done.outcome == "created"
    assert done.warnings
    assert len(hidden) == 1


def test_without_a_pull_request_there_is_no_comment(server):
    assert publish(server, place(number=None)).outcome == "not needed"
    assert server.requests == []


def test_a_read_only_token_is_refused(server):
    server.always = lambda request: (
        Fault("403", message="Resource not accessible by integration") if request.path.endswith("comments") else None
    )
    with pytest.raises(RefusedError):
        publish(server)


def race(server, runs, heads=None):
    """Several publishers at once; time passes for real, though little of it."""
    import time

    clock = Clock(sleep=lambda seconds: time.sleep(seconds / 20))
    barrier = threading.Barrier(len(runs))
    done, failed = {}, []

    def one(run):
        where = place(run=run, sha=(heads or {}).get(run, HEAD))
        barrier.wait()
        try:
            done[run] = comment.publish(client(server, clock=clock), where, wish(where, text=f"from {run}"))
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=one, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return done


def test_two_publishers_racing_a_hundred_times_leave_one_comment():
    with serving() as server:
        for turn in range(100):
            server.comments.clear()
            if turn % 2:
                server.add_comment(wish(place(run=1), text="from before").body(None, 60_000))
            race(server, (8, 9))
            (only,) = server.shown()
            assert "from 9" in only.body, turn


def test_racing_publishers_of_two_heads_leave_the_newer_one():
    with serving() as server:
        server.head = NEW
        for _ in range(20):
            server.comments.clear()
            race(server, (8, 9), {8: HEAD, 9: NEW})
            (only,) = server.shown()
            assert state.parse(only.body).sha == NEW
