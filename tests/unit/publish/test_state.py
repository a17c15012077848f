from plangate.publish import state
from tests.support.github_actors import KEY
from tests.support.github_server import HEAD, NEW


def a_state(**fields):
    given = {
        "key": KEY,
        "sha": HEAD,
        "run": 5,
        "attempt": 1,
        "now": frozenset({"0a1b2c3d"}),
        "before": None,
        **fields,
    }
    return state.State(**given)


def test_a_marker_is_read_back():
    for one in (a_state(), a_state(now=frozenset()), a_state(now=None, before=frozenset({"00000000", "ffffffff"}))):
        line = state.marker(one, "text")
        assert state.parse(f"{line}\ntext") == one
        assert "--" not in line[4:-3]


def test_only_the_first_line_counts():
    quoted = f"> somebody wrote\n{state.marker(a_state(), 'x')}"
    assert state.parse(quoted) is None
    assert not state.is_ours(quoted, KEY)


def test_the_marker_of_another_version_is_ours_and_says_nothing():
    body = f"<!-- plangate:comment/v2 key={KEY} what=ever -->\n"
    assert state.is_ours(body, KEY)
    assert state.parse(body) is None


def test_targets_have_different_keys():
    names = [("a", "b"), ("a\0b", None), ("ab", None), (None, "ab"), (None, None), ("", None), ("a", None)]
    assert len({state.key_of(*parts) for parts in names}) == len(names)


def test_new_and_resolved_are_counted_against_the_commit_before():
    first, second = state.short_digests(["a", "b"]), state.short_digests(["b", "c", "d"])
    assert state.since(second, first) == "since the last push: 2 new, 1 resolved"
    assert state.since(first, first) == ""
    assert state.since(first, None) == ""


def test_a_second_run_on_a_commit_compares_with_what_the_first_did():
    written = a_state(before=frozenset({"00000000"}))
    assert state.previous_findings(written, HEAD) == frozenset({"00000000"})
    assert state.previous_findings(written, NEW) == written.now
    assert state.previous_findings(None, NEW) is None


def test_too_many_findings_are_not_remembered():
    assert state.short_digests(str(i) for i in range(501)) is None
