import pytest

from plangate.classify.kubernetes.api.validation.formats import (
    FORMATS,
    is_network,
    is_port_name,
    is_qualified,
    is_subdomain,
)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (is_subdomain, ("a", "a-b.c", "1a"), ("", "A", "a..b", "-a", "a.", "a" * 254)),
        (is_qualified, ("a", "A_b.c", "example.test/a"), ("a/b/c", "/a", "a/", "a" * 64, "A/b")),
        (is_port_name, ("http", "h2-c", "a1"), ("", "80", "a--b", "-a", "a-", "Http", "administration-p")),
        (is_network, ("10.0.0.0/8", "10.0.0.1/8", "2001:db8::/32"), ("10.0.0.0", "10.0.0.0/33", "a/8")),
    ],
)
def test_syntax(check, good, bad):
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("value", [None, True, 1, "", [], {}, [None, 1, {}], {"a": None, "b": 1}])
def test_no_format_trips_over_another_type(name, value):
    assert all(len(one) == 2 for one in FORMATS[name](value))
