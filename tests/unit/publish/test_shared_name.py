import pytest

from plangate.publish.shared_name import Result, Signature, of_later, of_others, rank_of, result

ONE, OTHER = "1" * 16, "2" * 16
MINE = Signature(ONE, (5, 1))


def one(number, key, order, own, shown=None):
    return Result(number, Signature(key, order), own, own if shown is None else shown)


@pytest.mark.parametrize("own", ["", "success"])
def test_a_signature_is_read_back(own):
    read = result(7, MINE.text(own), "failure")
    assert read == Result(7, MINE, 0 if own else 2, 2)


@pytest.mark.parametrize(
    "text", [None, "", 7, "plangate/v1 x 1.1", f"{MINE.text()} ", f"x {MINE.text()}", "plangate/v2"]
)
def test_what_is_not_ours_is_no_result(text):
    assert result(7, text, "success") is None


def test_what_is_not_concluded_is_as_bad_as_the_worst():
    assert [rank_of(x) for x in ("success", "neutral", "pending", "action_required", "failure", None, "odd")] == [
        0,
        0,
        1,
        1,
        2,
        2,
        2,
    ]


def test_the_latest_run_of_each_target_counts():
    results = [one(1, OTHER, (3, 1), 2), one(2, OTHER, (4, 1), 0), one(3, ONE, (4, 9), 2)]
    assert (of_others(results, MINE), of_later(results, MINE)) == (0, None)
    later = one(0, ONE, (5, 2), 1)
    assert of_later([*results, later], MINE) == later
    assert of_others([], MINE) == -1


def test_what_it_decided_counts_and_not_what_it_stood_for():
    assert of_others([one(1, OTHER, (9, 1), 0, shown=2)], MINE) == 0
