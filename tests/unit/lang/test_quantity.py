"""Quantities as apimachinery reads them; the cases of its own tests are among these."""

from decimal import Decimal

import pytest

from plangate.classify.kubernetes import defaults, schema
from plangate.lang.quantity import read, spelled
from plangate.policy.functions import Unclear, quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("500m", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+.5Gi", "536870912"),
        ("-3.01M", "-3010000"),
        ("1.G", "1000000000"),
        ("100n", "0.0000001"),
        ("1u", "0.000001"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1Pi", "1125899906842624"),
        ("1P", "1000000000000000"),
        ("1E", "1000000000000000000"),
        ("1Ei", "1152921504606846976"),
        ("1E3", "1000"),
        ("1e+3", "1000"),
        ("1E-3", "0.001"),
        (" 1Gi ", "1073741824"),
        ("0.9n", "0.000000001"),
        ("-0.1n", "-0.000000001"),
        ("8Ei", "9223372036854775807"),
        ("-9Ei", "-9223372036854775807"),
        ("12345678901234567890123456789.123456789", "12345678901234567890123456789.123456789"),
    ],
)
def test_a_quantity_is_read_exactly(text, number):
    assert spelled(read(text)) == number
    assert quantity(text) == float(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "+",
        "Ki",
        "1.1.M",
        "1+1.0M",
        "0.1mi",
        "0.1am",
        "aoeu",
        ".5i",
        "1i",
        "-3.01i",
        "-3.01e-",
        "1mm",
        "1 Gi",
        "1K",
        "\u0661",
        "1e999",
        "9" * 65,
    ],
)
def test_what_is_no_quantity(text):
    assert read(text) is None
    with pytest.raises(Unclear):
        quantity(text)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, "2"),
        (Decimal("0.10"), "0.1"),
        (Decimal("1E+5"), "100000"),
        (True, None),
        (None, None),
        (["1"], None),
        (10**400, None),
    ],
)
def test_a_number_is_a_quantity_and_nothing_else_is(value, number):
    found = read(value)

    assert (None if found is None else spelled(found)) == number


@pytest.mark.parametrize("same", [("0.5", "500m", ".5"), ("1Gi", "1024Mi", "1073741824"), ("1e3", "1k", "1000.")])
def test_one_amount_is_one_text_in_a_completed_object(same):
    field = schema.Field("quantity")

    assert len({defaults.with_defaults(text, field) for text in same}) == 1
