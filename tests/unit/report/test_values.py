from decimal import Decimal

import pytest

from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.report.screen import cells, cut, wrap
from plangate.report.values import pair, short, spelled


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", '"a"'),
        ("3", '"3"'),
        (3, "3"),
        (None, "null"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (Sensitive(1), "(sensitive)"),
        (UNKNOWN, "(known after apply)"),
        (ABSENT, "(absent)"),
        ([1, Sensitive(1), {"a": UNKNOWN}], '[1,"(sensitive)",{"a":"(known after apply)"}]'),
        (Embedded("json", {"a": [1]}), '{"a":[1]}'),
        (["\udcff"], "(a value that cannot be shown)"),
        ([10**5000], "(a value that cannot be shown)"),
    ],
)
def test_values_are_spelled_as_terraform_shows_them(value, expected):
    assert spelled(value) == expected


def test_long_values_are_cut_from_where_they_differ():
    before, after = pair("same " * 40 + "old" + " more" * 40, "same " * 40 + "new" + " more" * 40)
    assert before == "…e same same old more more more more more more more more mo…"
    assert after == "…e same same new more more more more more more more more mo…"
    assert short("x" * 100, 10) == '"xxxxxxxx…'


def test_wide_characters_take_two_columns():
    assert cells("測試") == 4
    assert cells("e\u0301") == 1
    assert cut("測試測試", 5) == "測試…"
    assert wrap("測試測試 ab", 4) == ["測試", "測試", "ab"]
