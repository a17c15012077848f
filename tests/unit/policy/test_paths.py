import pytest

from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.policy.paths import Every, Where, is_hidden, of_side, parse_path, select
from tests.support.sides import FakeSide

CONTAINERS = [{"name": "app", "image": "a:1", "ports": [{"n": 80}]}, {"name": "b"}, {"name": 3, "image": "c"}]
HIDDEN = [{"name": UNKNOWN, "image": "x"}, {"name": "b", "image": Sensitive(1)}]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ('a.b[0]["c.d"]', ("a", "b", 0, "c.d")),
        ('containers[name="app"].image', ("containers", Where("name", "app"), "image")),
        ("containers[*].ports[*]", ("containers", Every(), "ports", Every())),
    ],
)
def test_a_path_is_read(text, parts):
    assert parse_path(text) == parts


@pytest.mark.parametrize("text", [".a", "a..b", "a[", "a[-1]", "a[name=app]", "a b", "[*", "a." + "b." * 200])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError):
        parse_path(text)


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        (CONTAINERS, '[name="app"].image', "a:1"),
        (CONTAINERS, '[name="3"].image', "c"),
        (CONTAINERS, '[name="z"].image', ABSENT),
        (CONTAINERS, "[*].image", ["a:1", None, "c"]),
        (CONTAINERS, "[*].ports[*].n", [80]),
        ({"a": {"v": 1}, "b": {"v": 2}}, "[*].v", [1, 2]),
        (None, "[*].v", []),
        (ABSENT, '[name="app"]', ABSENT),
        (HIDDEN, '[name="app"].image', UNKNOWN),
        (HIDDEN, '[name="b"].image', Sensitive(1)),
        (HIDDEN, "[*].image", ["x", Sensitive(1)]),
        (UNKNOWN, "[*].v", UNKNOWN),
        (Embedded("json", {"l": [{"v": 1}]}), "l[*].v", [1]),
    ],
)
def test_items_are_chosen_without_their_positions(value, path, found):
    assert select(value, parse_path(path)) == found


def test_a_side_that_is_not_there_has_nothing():
    assert of_side(None, parse_path("a[*]")) is ABSENT
    assert of_side(FakeSide(a=CONTAINERS), parse_path("a[*].image")) == ["a:1", None, "c"]


def test_what_is_hidden_anywhere_inside_is_hidden():
    assert [is_hidden(one) for one in (HIDDEN, Embedded("json", {"a": UNKNOWN}), CONTAINERS, None)] == [
        True,
        True,
        False,
        False,
    ]
