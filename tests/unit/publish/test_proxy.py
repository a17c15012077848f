import pytest

from plangate.errors import UsageError
from plangate.publish.proxy import Proxy, find


@pytest.fixture(autouse=True)
def _none(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("given", "url", "headers"),
    [
        ("proxy.example:3128", "http://proxy.example:3128", {}),
        ("http://proxy.example", "http://proxy.example:80", {}),
        ("https://proxy.example/", "https://proxy.example:443", {}),
        ("http://[::1]:3128", "http://[::1]:3128", {}),
        (
            "http://ann:p%40ss%C3%A9@proxy.example:8080",
            "http://proxy.example:8080",
            {"proxy-authorization": "Basic YW5uOnBAc3PDqQ=="},
        ),
        ("ann@proxy.example:8080", "http://proxy.example:8080", {"proxy-authorization": "Basic YW5uOg=="}),
    ],
)
def test_the_proxy_of_the_environment(monkeypatch, given, url, headers):
    monkeypatch.setenv("HTTPS_PROXY", given)
    assert find("https", "api.github.com", 443) == Proxy(url, headers)
    assert find("http", "127.0.0.1", 80) is None


def test_one_for_all(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "proxy.example:1")
    assert find("https", "api.github.com", 443) == Proxy("http://proxy.example:1", {})


@pytest.mark.parametrize(
    "given", ["socks5://ann:invented-pass@proxy.example:1080", "ftp://proxy.example", "http://", "http://proxy:99999"]
)
def test_what_cannot_be_used_is_refused_and_not_quoted(monkeypatch, given):
    monkeypatch.setenv("ALL_PROXY", given)
    with pytest.raises(UsageError) as error:
        find("https", "api.github.com", 443)
    assert str(error.value).startswith("ALL_PROXY: ")
    assert "invented-pass" not in str(error.value)
    assert ("socks" in str(error.value)) is given.startswith("socks")


@pytest.mark.parametrize(
    ("no", "host", "direct"),
    [
        ("*", "api.github.com", True),
        ("github.com", "api.github.com", True),
        (".github.com", "api.github.com", True),
        ("*.github.com", "api.github.com", True),
        ("hub.com", "api.github.com", False),
        ("other.example, API.GitHub.com", "api.github.com", True),
        ("api.github.com:443", "api.github.com", True),
        ("api.github.com:8443", "api.github.com", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("::1", "::1", True),
        ("[::1]", "::1", True),
        ("[::1]:443", "::1", True),
        ("fd00::/8", "fd12::3", True),
        ("10.0.0.0/8", "api.github.com", False),
        ("", "api.github.com", False),
    ],
)
def test_who_is_exempt(monkeypatch, no, host, direct):
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:1")
    monkeypatch.setenv("NO_PROXY", no)
    assert (find("https", host, 443) is None) is direct
