"""One order of versions: what classification reads, what CEL compares, what a configuration requires."""

import itertools

import pytest

from plangate.classify.kubernetes.effects import images
from plangate.classify.release_view import chart_notices
from plangate.lang.semver import in_tag, is_met, is_requirement, major_minor, read, step
from plangate.policy.functions import Unclear, semver

STABLE = frozenset({"stable"})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.2.3", "v1.2.3", "same"),
        ("1.2.3", "V1.2.3", "same"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.9.0", "1.10.0", "minor"),
        ("1.9.0", "2.0.0-rc.1", "major"),
        ("2.0.0", "2.0.0-rc.1", "older"),
        ("2.0.0-rc.2", "2.0.0-rc.10", "patch"),
        ("2.0.0-rc9", "2.0.0-rc10", "older"),
        ("2.0.0-rc.1", "2.0.0", "patch"),
        ("2.0.0-1", "2.0.0-alpha", "patch"),
        ("2.0.0-99999999999999999999", "2.0.0-100000000000000000000", "patch"),
        ("2.0.0-" + "9" * 5_000, "2.0.0-1" + "0" * 5_000, "patch"),
        ("1.81.9-stable", "1.81.9-stable.patch.1", "patch"),
        ("1.81.9-stable", "1.81.9", "patch"),
        ("1.81.9", "1.81.9-stable", "older"),
        ("1.2.3+build.1", "1.2.3+build.2", "same"),
    ],
)
def test_versions_are_ordered_as_semver_orders_them(old, new, expected):
    assert step(read(old), read(new)) == expected


ORDERED = [
    "0.9.9",
    "1.0.0-0",
    "1.0.0-9",
    "1.0.0-10",
    "1.0.0-99999999999999999999",
    "1.0.0-100000000000000000000",
    "1.0.0-A",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.1.0",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0-stable",
    "1.0.0-stable.patch.1",
    "1.0.0",
    "1.0.1-rc.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
]


def test_expressions_give_the_answer_of_classification():
    for old, new in itertools.product(ORDERED, repeat=2):
        expected = (ORDERED.index(new) > ORDERED.index(old)) - (ORDERED.index(new) < ORDERED.index(old))
        of_expression = (semver(new) > semver(old)) - (semver(new) < semver(old))
        kinds = [notice.kind for notice in chart_notices("web", old, new, frozenset())]
        told = {"same": 0, "older": -1}.get(step(read(old), read(new)), 1)

        assert (of_expression, told) == (expected, expected), (old, new)
        assert ("chart-downgraded" in kinds) is (expected < 0), (old, new)


@pytest.mark.parametrize(
    "text", ["", "latest", "1.2.3.4", "1.2.3-", "1.2.3-a..b", "1.2.3+", "1.2.3-ä", "\u0661.2.3", "1" * 19 + ".0.0"]
)
def test_what_is_no_version_is_none_and_unclear(text):
    assert read(text) is None
    assert read(text, partial=True) is None
    with pytest.raises(Unclear):
        semver(text)


@pytest.mark.parametrize(("text", "whole"), [("1", "1.0.0"), ("v1.2", "1.2.0"), ("16-alpine", "16.0.0-alpine")])
def test_a_part_of_a_version_is_read_where_it_is_asked_for(text, whole):
    assert read(text) is None
    assert read(text, partial=True) == read(whole)
    assert semver(text) == semver(whole)


def test_a_prerelease_says_so():
    assert read("1.81.9-rc.1").is_prerelease
    assert read("1.81.9-stable").is_prerelease
    assert not read("1.81.9").is_prerelease


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.81.9", "1.81.9-stable", "same"),
        ("1.81.9-stable", "1.81.9-stable.patch.1", "patch"),
        ("1.81.9-stable.patch.2", "1.81.9-stable.patch.10", "patch"),
        ("1.81.9-rc.1", "1.81.9-stable", "patch"),
        ("1.81.9-stable.patch.1", "1.81.9", "older"),
    ],
)
def test_a_word_can_mean_a_release(old, new, expected):
    before, after = (read(text, release_words=STABLE) for text in (old, new))

    assert step(before, after) == expected
    assert (before.sortable < after.sortable) is (expected == "patch")
    assert not after.is_prerelease


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.10.0", "1.10.0-rc.1", {"image-downgraded", "image-prerelease"}),
        ("1.10.0-rc.2", "1.10.0-rc.1", {"image-downgraded"}),
        ("1.10.0-rc.1", "1.10.0-rc.2", set()),
        ("1.10.0-rc9", "1.10.0-rc10", set()),
        ("1.10.0-rc.1", "1.10.0", set()),
        ("1.10.0", "1.10.0-alpine", set()),
    ],
)
def test_the_tag_of_an_image_goes_back_where_its_version_does(old, new, expected):
    from tests.unit.classify.kubernetes.effects.test_images import told

    assert images.parse(f"app:{old}").version is not None
    assert told(f"app:{old}", f"app:{new}") == expected


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("16", "16.0.0"),
        ("16-alpine", "16.0.0"),
        ("v1.2", "1.2.0"),
        ("main-v1.77.3-stable", "1.77.3"),
        ("1.2.3-rc1", "1.2.3-rc.1"),
        ("1.2.3.dev-20", "1.2.3-dev.20"),
        ("1.2.3.4", "1.2.3"),
        ("latest", None),
        ("20260131", None),
        ("sha-4f2a9c1", None),
        ("1." + "9" * 5_000, "1.99999.0"),
    ],
)
def test_a_version_stands_in_a_tag(tag, version):
    assert in_tag(tag) == (None if version is None else read(version))


@pytest.mark.parametrize(
    ("requirement", "version", "met"),
    [
        ("", "anything", True),
        (">=1.2", "1.2.0", True),
        (">=1.2", "1.1.9", False),
        (">=1.2,<2", "1.10.0", True),
        (">=1.2,<2", "2.0.0", False),
        ("1.2", "1.2.9", True),
        ("==1", "1.9.9", True),
        ("==1.2.3", "1.2.3", True),
        ("==1.2.3", "1.2.4", False),
        (" > 1.2 , <= 1.3 ", "1.3.0", True),
        (">=1.2.0", "1.2.0-rc.1", False),
        ("==1.2.0", "1.2.0-rc.1", False),
        ("<1.2.0", "1.2.0-rc.1", True),
        (">=1", "unknown", False),
        ("~1", "1.0.0", False),
    ],
)
def test_a_requirement_orders_versions_in_the_same_way(requirement, version, met):
    assert is_met(requirement, version) is met


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), (">=1", True), ("1.2.3", True), ("1.2.3.4", False), ("~1", False), (">=1,", False), (">=x", False)],
)
def test_what_is_a_requirement(text, expected):
    assert is_requirement(text) is expected


@pytest.mark.parametrize("text", ["1.34", "v1.34", "1.34+", "v1.34.2-eks-1"])
def test_the_minor_version_of_a_server_is_read(text):
    assert major_minor(text) == (1, 34)


@pytest.mark.parametrize("text", ["", "1", "v1.", "x1.34"])
def test_no_minor_version_raises(text):
    with pytest.raises(ValueError, match="is not a version"):
        major_minor(text)
