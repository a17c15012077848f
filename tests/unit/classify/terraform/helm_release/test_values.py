import pytest

from plangate.classify.terraform.helm_release.values import Values, of
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from tests.support.sides import FakeSide


def yaml(value):
    return Embedded("yaml", value)


def entry(name, value, type_=""):
    return {"name": name, "value": value, "type": type_}


SECRET = Sensitive(1)


@pytest.mark.parametrize(
    ("attributes", "tree"),
    [
        ({"values": [yaml({"a": {"b": 1, "c": 2}}), yaml({"a": {"b": 3}})]}, {"a": {"b": 3, "c": 2}}),
        ({"values": [yaml({"a": [1, 2]}), yaml({"a": [3]})]}, {"a": [3]}),
        ({"values": [yaml({"a": {"b": 1}}), yaml({"a": None})]}, {"a": None}),
        ({"values": [yaml({"a": 1})], "set": [entry("a", "2"), entry("b.c", "x")]}, {"a": 2, "b": {"c": "x"}}),
        ({"set": [entry("a", "1", "string")]}, {"a": "1"}),
        ({"set": [entry("a.b", "1,2", "literal")]}, {"a.b": "1,2"}),
        ({"set": [entry("a", "1,b=2")]}, {"a": 1, "b": 2}),
        ({"set": [entry("l[1]", "x")]}, {"l": [None, "x"]}),
        ({"set": [entry("a.b", UNKNOWN)]}, {"a": {"b": UNKNOWN}}),
        ({"set_list": [{"name": "l", "value": ["1", "x"]}]}, {"l": [1, "x"]}),
        ({"set_list": [{"name": "l", "value": ["a,b", "c\\,d"]}]}, {"l": ["a", "b", "c,d"]}),
        ({"set_list": [{"name": "l", "value": []}]}, {"l": []}),
        ({"set_sensitive": [entry("a.key", SECRET)]}, {"a": {"key": SECRET}}),
        ({"values": [yaml({"a": {"b": 1}})], "set": [entry("a.b.c", "1")]}, {"a": {"b": {"c": 1}}}),
        ({"values": None, "set": None, "set_list": []}, {}),
    ],
)
def test_values_are_merged_as_the_provider_does(attributes, tree):
    assert of(FakeSide(**attributes)) == Values(tree)


@pytest.mark.parametrize(
    ("attributes", "unseen"),
    [
        ({"values": [UNKNOWN, yaml({"a": 1})]}, (("values", 0),)),
        ({"values": SECRET}, (("values", 0),)),
        ({"values": ["not a mapping"]}, (("values", 0),)),
        ({"set": UNKNOWN}, (("set",),)),
        ({"set": [entry("a[", "1")]}, (("set", 0),)),
        ({"set": [entry(UNKNOWN, "1")]}, (("set", 0),)),
    ],
)
def test_what_cannot_be_read_is_named(attributes, unseen):
    assert of(FakeSide(**attributes)).unseen == unseen


def test_merging_leaves_the_plan_as_it_is():
    first = yaml({"a": {"b": 1}})
    of(FakeSide(values=[first, yaml({"a": {"b": 2}})], set=[entry("a.c", "3")]))
    assert first.value == {"a": {"b": 1}}
