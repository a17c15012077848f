from plangate.lang.wording import and_more, few, joined, listed, ranges, sentences, several


def test_a_noun_is_counted():
    assert [several(n, "entry") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert [several(n, "day") for n in (1, 2)] == ["1 day", "2 days"]
    assert several(2, "change of order only") == "2 changes of order only"
    assert several(2, "tag-only update") == "2 tag-only updates"


def test_words_are_joined_in_a_sentence():
    assert [joined(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_a_list_says_how_many_more_there_are():
    assert [listed(list("abcd"[:n]), 2) for n in range(5)] == ["", "a", "a, b", "a, b and 1 more", "a, b and 2 more"]
    assert [few(list("abcd"[:n]), 2) for n in range(4)] == ["", "a", "a, b", "a, b and more"]
    assert [and_more("a", n) for n in (-1, 0, 3)] == ["a", "a", "a and 3 more"]


def test_runs_of_numbers_are_one():
    assert [ranges(n) for n in ([1], [1, 2], [1, 2, 3], [1, 3, 5, 6, 7])] == ["1", "1 and 2", "1-3", "1, 3 and 5-7"]


def test_sentences_stand_one_behind_the_other():
    assert sentences("it is so", " Why? ", "", "do this") == "it is so. Why? do this"
    assert sentences("alone") == "alone"
