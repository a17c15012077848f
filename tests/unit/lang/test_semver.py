import pytest

from plangate.lang.semver import prerelease, read, step


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.2.3", "v1.2.3", "same"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.9.0", "1.10.0", "minor"),
        ("1.9.0", "2.0.0-rc.1", "major"),
        ("2.0.0", "2.0.0-rc.1", "older"),
        ("2.0.0-rc.2", "2.0.0-rc.10", "patch"),
        ("2.0.0-rc.1", "2.0.0", "patch"),
        ("2.0.0-1", "2.0.0-alpha", "patch"),
        ("1.81.9-stable", "1.81.9-stable.patch.1", "patch"),
        ("1.81.9", "1.81.9-stable", "same"),
        ("1.2.3+build.1", "1.2.3+build.2", "same"),
    ],
)
def test_versions_are_ordered_as_semver_orders_them(old, new, expected):
    assert step(read(old), read(new)) == expected


@pytest.mark.parametrize("text", ["", "1.2", "latest", "1.2.3.4", "v1", "1.2.3-"])
def test_what_is_no_version_is_none(text):
    assert read(text) is None


def test_a_prerelease_says_so():
    assert prerelease(read("1.81.9-rc.1"))
    assert not prerelease(read("1.81.9"))
    assert not prerelease(read("1.81.9-stable.patch.1"))
