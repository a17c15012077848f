"""Where keys of a file of values start."""

import pytest

from plangate.evidence.values_lines import keys

TEXT = """\
image: &image
  tag: v1  # beside
copy: *image
list:
  - name: a
    value: 1
  - 5
'a.b': {c: 1, d: 2}
last: [1,
  {e: 2}]
"""


def test_the_outermost_key_or_item_of_a_line_gives_its_path():
    assert keys(TEXT) == {
        1: "values.image",
        2: "values.image.tag",
        3: "values.copy",
        4: "values.list",
        5: "values.list[0]",
        6: "values.list[0].value",
        7: "values.list[1]",
        8: 'values["a.b"]',
        9: "values.last",
        10: "values.last[1]",
    }


@pytest.mark.parametrize(
    "text",
    ["", "{{ .Values.x }}", "a: [1", "? [k]\n: 1", "[" * 100_000, "a: " + "{a: " * 5_000, "\x00"],
    ids=["empty", "a template", "cut", "a list as a key", "deep lists", "deep maps", "a control character"],
)
def test_what_is_no_file_of_values_has_no_places(text):
    assert keys(text) == {}
