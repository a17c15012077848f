import logging
import socket
import threading
import time

import pytest

from plangate.errors import PublishError, RefusedError, UnclearError, UsageError
from plangate.publish import hosts
from plangate.publish.github import GitHub
from tests.support.github_actors import Watch, client
from tests.support.github_server import TOKEN, Fault, serving

PULL = "/repos/octo/infra/pulls/7"
COMMENTS = "/repos/octo/infra/issues/7/comments"


@pytest.fixture
def server():
    with serving() as github:
        yield github


def asked(server):
    return [request.method for request in server.requests]


@pytest.mark.parametrize("kind", ["500", "502", "503", "drop", "drop-after", "cut", "502-after"])
def test_reading_is_tried_again(server, kind):
    server.script = {0: Fault(kind), 1: Fault(kind)}
    assert client(server).get(PULL)["number"] == 7
    assert asked(server) == ["GET"] * 3


def test_reading_is_not_tried_for_ever(server):
    server.always = lambda request: Fault("503")
    with pytest.raises(PublishError, match="answers 503"):
        client(server).get(PULL)
    assert asked(server) == ["GET"] * 4


@pytest.mark.parametrize("kind", ["500", "502-after", "drop", "drop-after", "cut", "html"])
def test_creating_is_never_repeated_blindly(server, kind):
    server.script = {0: Fault(kind)}
    with pytest.raises(UnclearError):
        client(server).post(COMMENTS, {"body": "x"})
    assert asked(server) == ["POST"]


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (Fault("429", {"Retry-After": "7"}), [7.0]),
        (Fault("403", {"Retry-After": "7"}), [7.0]),
        (Fault("429", {"Retry-After": "Mon, 12 Jan 1970 13:46:50 GMT"}), [10.0]),
        (Fault("403", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000030"}), [30.0]),
        (Fault("403", message="You have exceeded a secondary rate limit."), [60.0]),
        (Fault("429"), [60.0]),
    ],
)
def test_a_limit_is_waited_for_even_when_creating(server, fault, waited):
    watch = Watch()
    server.script = {0: fault}
    assert client(server, watch).post(COMMENTS, {"body": "x"})["id"]
    assert watch.slept == waited
    assert len(server.comments) == 1


def test_a_limit_beyond_the_time_is_told_at_once(server):
    watch = Watch()
    server.script = {0: Fault("403", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1003600"})}
    with pytest.raises(PublishError, match="asks to wait 3600 s"):
        client(server, watch).get(PULL)
    assert watch.slept == []


@pytest.mark.parametrize("status", ["401", "403", "404", "410", "422"])
def test_a_refusal_is_final_and_says_why(server, status):
    needs = {"X-Accepted-GitHub-Permissions": "pull_requests=write"} if status == "403" else {}
    server.script = {0: Fault(status, needs, "Resource not accessible by integration")}
    with pytest.raises(RefusedError, match="Resource not accessible") as caught:
        client(server).get(PULL)
    assert caught.value.status == int(status)
    assert caught.value.hint == ("the token needs: pull_requests=write" if needs else None)
    assert asked(server) == ["GET"]


def test_nothing_goes_to_another_host(server):
    server.script = {0: Fault("elsewhere")}
    with pytest.raises(PublishError, match="another host"):
        client(server).get(PULL)
    for i in range(3):
        server.add_comment(str(i))
    server.page_size = 2
    mine, server.url = client(server), "http://localhost:9"
    with pytest.raises(PublishError, match="another host"):
        list(mine.pages(f"{COMMENTS}?per_page=100"))


def test_every_page_is_read(server):
    for i in range(250):
        server.add_comment(str(i))
    pages = list(client(server).pages(f"{COMMENTS}?per_page=100"))
    assert [len(page) for page in pages] == [100, 100, 50]


def test_what_has_not_changed_is_not_sent_again(server):
    mine = client(server)
    assert mine.get(PULL) == mine.get(PULL)
    server.head = "c" * 40
    assert mine.get(PULL)["head"]["sha"] == "c" * 40


def test_the_token_is_never_told(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.script = {0: Fault("403", message=f"bad token {TOKEN}")}
    mine = client(server)
    with pytest.raises(RefusedError) as caught:
        mine.get(PULL)
    mine.get(PULL)
    assert TOKEN not in caplog.text + str(caught.value) + repr(mine)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "é"])
def test_what_cannot_be_a_token_is_refused(server, token):
    with pytest.raises(UsageError):
        client(server, token=token)


def test_the_time_is_for_everything_together(server):
    watch = Watch()
    mine = client(server, watch, seconds=10)
    mine.get(PULL)
    watch.time = 11
    with pytest.raises(PublishError, match="not enough time"):
        mine.get(PULL)


def test_a_server_that_is_not_there_is_told(server):
    mine = client(server)
    mine._endpoints = type(mine._endpoints)("http://127.0.0.1:9", "http://127.0.0.1:9/graphql", mine._endpoints.origin)
    for _ in range(2):
        with pytest.raises(PublishError, match="does not answer"):
            mine.post("/x", {})


def test_an_error_of_graphql_is_a_refusal(server):
    with pytest.raises(RefusedError, match="no such node"):
        client(server).graphql("mutation { minimizeComment }", {"id": "IC_1"})


# --- the way there ----------------------------------------------------------------------------------------------------


def test_the_proxy_of_the_environment_is_used_and_can_be_kept_out(server, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    nobody = hosts.endpoints("http://127.0.0.1:9", "", ["127.0.0.1"])
    assert GitHub(nobody, TOKEN, clock=Watch().clock).get("/repos/octo/infra/pulls/7")["number"] == 7
    assert server.requests[0].path == "http://127.0.0.1:9/repos/octo/infra/pulls/7"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(PublishError, match="GitHub does not answer"):
        GitHub(nobody, TOKEN, clock=Watch().clock).get("/repos/octo/infra/pulls/7")
    assert len(server.requests) == 1


def certificate(folder):
    """A certificate for localhost that nobody knows, and its key, both PEM."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem", folder / "key.pem"


@pytest.mark.parametrize("how", ["--ca-bundle", "SSL_CERT_FILE"])
def test_a_certificate_authority_of_ones_own_is_trusted_when_it_is_named_and_only_then(tmp_path, monkeypatch, how):
    ca, key = certificate(tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with serving(certificate=(ca, key)) as server:
        endpoints = hosts.endpoints(server.url, "", ["localhost"])
        with pytest.raises(PublishError, match="certificate is not trusted"):
            GitHub(endpoints, TOKEN, clock=Watch().clock).get("/repos/octo/infra/pulls/7")
        assert server.requests == []
        if how == "SSL_CERT_FILE":
            monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        bundle = str(ca) if how == "--ca-bundle" else ""
        found = GitHub(endpoints, TOKEN, clock=Watch().clock, ca_bundle=bundle).get("/repos/octo/infra/pulls/7")
        assert found["number"] == 7


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_bundle_that_is_none_is_said_at_once(server, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        client(server, ca_bundle=str(path))
    assert str(error.value).startswith(f"--ca-bundle {path}: ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"message": "Validation Failed", "errors": [{"resource": "IssueComment", "message": "Body is too long"}]},
            "GitHub answers 422: Validation Failed: Body is too long",
        ),
        (
            {"message": "Validation Failed", "errors": [{"resource": "X", "field": "body", "code": "too_long"}]},
            "GitHub answers 422: Validation Failed: body too_long",
        ),
        ({"message": "Validation Failed", "errors": ["no", 7, None]}, "GitHub answers 422: Validation Failed: no"),
        ({"errors": {}}, "GitHub answers 422: no reason given"),
    ],
)
def test_what_is_wrong_stands_in_the_errors(server, body, said):
    server.always = lambda request: Fault("422", body=body)
    with pytest.raises(RefusedError) as error:
        client(server).patch(PULL, {})
    assert str(error.value) == said


# --- slow answers -----------------------------------------------------------------------------------------------------


def dripping(first: bytes):
    """A server whose answer starts, and then comes byte by byte for ever."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(first)
            try:
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.02)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return listening


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_the_time_is_for_the_whole_call_however_slowly_bytes_come(first):
    with dripping(first) as listening:
        endpoints = hosts.endpoints(f"http://127.0.0.1:{listening.getsockname()[1]}", "", ["127.0.0.1"])
        begun = time.monotonic()
        with pytest.raises(PublishError):
            GitHub(endpoints, TOKEN, seconds=0.4).get(PULL)
        assert time.monotonic() - begun < 5


# --- proxies ----------------------------------------------------------------------------------------------------------


def proxying(answer: bytes, seen: list[bytes]):
    """A proxy that gives one answer to every request."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65_536))
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listening


def test_a_proxy_that_refuses_is_asked_once_and_gets_no_token(monkeypatch):
    seen: list[bytes] = []
    with proxying(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", seen) as listening:
        monkeypatch.setenv("HTTPS_PROXY", f"ann:s%40y@127.0.0.1:{listening.getsockname()[1]}")
        endpoints = hosts.endpoints("https://github.example.com/api/v3", "", ["github.example.com"])
        watch = Watch()
        with pytest.raises(PublishError, match="the proxy of the environment cannot be used: it answers 407"):
            GitHub(endpoints, TOKEN, clock=watch.clock).get(PULL)
    assert watch.slept == []
    (request,) = seen
    assert request.startswith(b"CONNECT github.example.com:443 ")
    assert b"basic YW5uOnNAeQ==" in request.replace(b"Basic", b"basic")
    assert TOKEN.encode() not in request


def test_a_proxy_that_is_not_there_is_said_at_once(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    watch = Watch()
    with pytest.raises(PublishError, match="the proxy of the environment cannot be used"):
        GitHub(hosts.endpoints("", "", []), TOKEN, clock=watch.clock).get(PULL)
    assert watch.slept == []
