from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.ingest.yaml import Budget, YamlError, load, load_all


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", True),
        ("y", True),
        ("No", False),
        ("0o17", 15),
        ("017", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1e3", 1000),
        ("0.50", Decimal("0.50")),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("~", None),
        ("'on'", "on"),
        ("!!str 1", "1"),
        ("v1.2", "v1.2"),
        ("12345678901234567890", 12345678901234567890),
    ],
)
def test_scalars_are_read_as_helm_and_the_api_read_them(text, value):
    assert load(f"key: {text}\n") == {"key": value}


def test_the_core_schema_knows_no_other_words_for_true():
    assert load_all("a: on\nb: true\nc: 017\n", go=False)[0] == {"a": "on", "b": True, "c": "017"}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("[" * 30_000, "is nested too deeply", 1),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "holds a key twice in one mapping", 4),
        ("a: [1\n", "is not YAML", 2),
        ("a: 1\n---\nb: 1\n", "holds several documents", None),
        ("\n".join(["a: &a [x, x, x, x]", *(f"k{i}: &k{i} [*a, *a, *a, *a]" for i in range(9))]) + "\n", None, None),
    ],
)
def test_what_is_not_sound_is_refused_with_its_line(text, message, line):
    if message is None:
        assert load(text)["k0"] == [["x"] * 4] * 4
        return
    with pytest.raises(YamlError) as caught:
        load(text, unique=True)
    assert (caught.value.message, caught.value.line) == (message, line)


def test_aliases_count_for_what_they_repeat():
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(YamlError, match="too many values"):
        load("\n".join(bomb))


def test_documents_are_counted():
    with pytest.raises(YamlError, match="too many documents"):
        load_all("---\na: 1\n" * 5, budget=Budget(documents=3))


def test_a_merge_key_gives_way_to_what_stands_beside_it():
    assert load("base: &b {one: 1, two: 1}\nuse: {<<: *b, two: 2}\n")["use"] == {"one": 1, "two": 2}


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text):
    try:
        load_all(text)
    except YamlError as error:
        assert error.message  # noqa: PT017
