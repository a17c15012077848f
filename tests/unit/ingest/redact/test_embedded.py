import pytest

from plangate.ingest.redact import embedded


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 5000 + "!: x",
        "\n" * 5000 + "password=: x",
        " \n\t\r\n" * 2000 + "!",
        "#\n" * 5000 + "!",
        "---\n" * 5000 + "!",
        "- " * 20_000,
    ],
)
def test_a_text_that_only_begins_like_yaml_is_left_at_once(text):
    assert embedded.parse(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('{"a": 1}', "json", {"a": 1}),
        (" [1]", "json", [1]),
        ("# why\n\n---\na: 1\n", "yaml", {"a": 1}),
        ("\n  \na: {b: x}\n", "yaml", {"a": {"b": "x"}}),
    ],
)
def test_structure_in_a_string_is_found(text, kind, value):
    assert embedded.parse(text) == (kind, value)


@pytest.mark.parametrize("text", ["a: 1", "plain text\nand more", "{not json", "", "x\ny: z"])
def test_an_ordinary_string_is_none(text):
    assert embedded.parse(text) is None
