"""Exit codes: which one wins where several things went wrong."""

import itertools

from plangate.errors import ExitCode

IN_ORDER = [2, 10, 1, 3, 4, 20, 11, 0]


def test_the_worst_code_wins_in_any_order():
    for (i, worse), (j, other) in itertools.combinations(enumerate(IN_ORDER), 2):
        assert i < j
        assert ExitCode.worst(worse, other) == ExitCode.worst(other, worse) == worse


def test_every_code_has_a_rank_and_nothing_wrong_is_zero():
    assert set(IN_ORDER) == set(ExitCode)
    assert ExitCode.worst() == 0
    assert ExitCode.worst(0, 130) == 130
