import pytest

from plangate.errors import UsageError
from plangate.publish.hosts import endpoints


@pytest.mark.parametrize(
    ("rest", "graphql", "named", "expected"),
    [
        ("", "", [], ("https://api.github.com", "https://api.github.com/graphql")),
        ("https://api.github.com/", "", [], ("https://api.github.com", "https://api.github.com/graphql")),
        ("https://api.octo.ghe.com", "", [], ("https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql")),
        (
            "https://git.example/api/v3",
            "",
            ["git.example"],
            ("https://git.example/api/v3", "https://git.example/api/graphql"),
        ),
        ("http://127.0.0.1:81", "", ["127.0.0.1"], ("http://127.0.0.1:81", "http://127.0.0.1:81/graphql")),
    ],
)
def test_the_addresses_are(rest, graphql, named, expected):
    found = endpoints(rest, graphql, named)
    assert (found.rest, found.graphql) == expected


@pytest.mark.parametrize(
    ("rest", "graphql"),
    [
        ("https://evil.example", ""),
        ("https://api.github.com.evil.example", ""),
        ("https://api.github.com@evil.example", ""),
        ("https://user:word@api.github.com", ""),
        ("http://api.github.com", ""),
        ("http://git.example/api/v3", ""),
        ("http://127.0.0.1:81", ""),
        ("https://api.github.com/?x=https://evil.example", ""),
        ("https://api.evil.ghe.com.example", ""),
        ("https://api.a.b.ghe.com", ""),
        ("https://api.github.com:x", ""),
        ("file:///etc/passwd", ""),
        ("https://api.github.com", "https://evil.example/graphql"),
        ("https://api.github.com", "http://api.github.com/graphql"),
    ],
)
def test_the_token_goes_nowhere_else(rest, graphql):
    with pytest.raises(UsageError):
        endpoints(rest, graphql, ["git.example"])
