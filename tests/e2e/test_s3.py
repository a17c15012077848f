"""A state in S3, against moto's server: every fault is a clear message and inconclusive, never a pass; nothing is written."""

from __future__ import annotations

import hashlib
import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.support.command import Done, run

pytest.importorskip("moto.server", reason="moto[server] is not installed")

KEY = "live/web/terraform.tfstate"
LINEAGE = "11111111-2222-3333-4444-555555555555"
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "null_resource.a",
            "mode": "managed",
            "type": "null_resource",
            "name": "a",
            "provider_name": "registry.terraform.io/hashicorp/null",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"triggers": None},
                "after_unknown": {"id": True},
                "before_sensitive": False,
                "after_sensitive": {},
            },
        }
    ],
    "applyable": True,
    "complete": True,
    "errored": False,
}
STATE = json.dumps(
    {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": LINEAGE, "outputs": {}, "resources": []}
).encode()
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}


class Aws:
    """A running S3 and DynamoDB."""

    def __init__(self, port: int):
        import boto3

        self.url = f"http://127.0.0.1:{port}"
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
        self.s3 = boto3.client("s3", endpoint_url=self.url, **keys)
        self.dynamodb = boto3.client("dynamodb", endpoint_url=self.url, **keys)

    def fresh(self) -> None:
        """An empty account with one bucket and one table of locks."""
        import urllib.request

        reset = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
        urllib.request.urlopen(reset, timeout=10)  # noqa: S310
        self.s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.s3.put_object(Bucket="states", Key=KEY, Body=STATE)
        self.dynamodb.create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    from moto.server import ThreadedMotoServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    moto.start()
    yield Aws(port)
    moto.stop()


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.fresh()
    return server


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return path


def review(plan: Path, endpoint: str, *more: str | Path, env: dict[str, str] | None = None) -> tuple[Done, Any]:
    given = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint, **(env or {})}
    done = run("review", plan, "--format", "json", *more, env=given, cwd=plan.parent)
    return done, json.loads(done.stdout) if done.stdout else None


def backend(tmp_path: Path, **settings: str | bool) -> Path:
    path = tmp_path / "prod.tfbackend"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    return path


def test_the_state_is_read_and_its_serial_told(aws: Aws, plan: Path) -> None:
    done, verdict = review(plan, aws.url, "--state", f"s3://states/{KEY}")
    assert done.code == 0, done.everything
    assert verdict["freshness"]["serial_state"] == 7
    assert verdict["freshness"]["lock"] is None
    assert verdict["coverage"]["evidence"]["state"] == "given"


def test_a_lock_object_says_who_and_since_when(aws: Aws, plan: Path) -> None:
    info = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ci@runner", "Created": "2026-01-31T11:59:00Z"}
    aws.s3.put_object(Bucket="states", Key=f"{KEY}.tflock", Body=json.dumps(info).encode())
    done, verdict = review(plan, aws.url, "--state", f"s3://states/{KEY}")
    assert done.code == 0
    assert verdict["freshness"]["lock"] == {"who": "ci@runner", "since": "2026-01-31T11:59:00Z"}


def test_a_lock_in_dynamodb_says_who_and_since_when(aws: Aws, plan: Path, tmp_path: Path) -> None:
    info = json.dumps({"ID": "1", "Who": "ann@laptop", "Created": "2026-01-31T11:00:00Z"})
    aws.dynamodb.put_item(TableName="locks", Item={"LockID": {"S": f"states/{KEY}"}, "Info": {"S": info}})
    config = backend(tmp_path, bucket="states", key=KEY, region="eu-west-1", dynamodb_table="locks")
    _, verdict = review(plan, aws.url, "--backend-config", config)
    assert verdict["freshness"]["lock"] == {"who": "ann@laptop", "since": "2026-01-31T11:00:00Z"}


@pytest.mark.parametrize(
    ("digest", "code"), [(hashlib.md5(STATE, usedforsecurity=False).hexdigest(), 0), ("0" * 32, 4)]
)
def test_the_digest_in_dynamodb_has_to_fit(aws: Aws, plan: Path, tmp_path: Path, digest: str, code: int) -> None:
    item = {"LockID": {"S": f"states/{KEY}-md5"}, "Digest": {"S": digest}}
    aws.dynamodb.put_item(TableName="locks", Item=item)
    config = backend(tmp_path, bucket="states", key=KEY, dynamodb_table="locks")
    done, _ = review(plan, aws.url, "--backend-config", config)
    assert done.code == code, done.everything


def test_a_role_is_taken_where_one_is_named(aws: Aws, plan: Path) -> None:
    role = "arn:aws:iam::123456789012:role/plangate"
    done, verdict = review(plan, aws.url, "--state", f"s3://states/{KEY}", "--role-arn", role)
    assert done.code == 0, done.everything
    assert verdict["freshness"]["serial_state"] == 7


def test_a_role_that_may_not_be_taken_is_said(plan: Path, stub: Any) -> None:
    def answer(one: Stub) -> None:
        body = (
            b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            b"<Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"
        )
        one.send_response(403)
        one.send_header("Content-Type", "text/xml")
        one.send_header("Content-Length", str(len(body)))
        one.end_headers()
        one.wfile.write(body)

    url, _ = stub(answer)
    role = "arn:aws:iam::123456789012:role/x"
    done, verdict = review(plan, url, "--state", f"s3://states/{KEY}", "--role-arn", role)
    assert done.code == 4, done.everything
    (reason,) = [skipped["why"] for skipped in verdict["coverage"]["skipped"] if skipped.get("decides")]
    assert reason == "the role may not be taken with these credentials"


def test_a_workspace_has_its_own_key(aws: Aws, plan: Path, tmp_path: Path) -> None:
    aws.s3.put_object(Bucket="states", Key=f"env:/blue/{KEY}", Body=STATE.replace(b'"serial": 7', b'"serial": 70'))
    config = backend(tmp_path, bucket="states", key=KEY)
    _, verdict = review(plan, aws.url, "--backend-config", config, env={"TF_WORKSPACE": "blue"})
    assert verdict["freshness"]["serial_state"] == 70


def test_the_backend_block_of_the_change_names_the_object(aws: Aws, plan: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        f'terraform {{\n  backend "s3" {{\n    bucket = "states"\n    key    = "{KEY}"\n    region = "eu-west-1"\n  }}\n}}\n'
    )
    _, verdict = review(plan, aws.url, "--state", "s3://", "--tf-dir", tmp_path)
    assert verdict["freshness"]["serial_state"] == 7


class Stub(http.server.BaseHTTPRequestHandler):
    """A server that answers everything in one wrong way, and counts."""

    answer: ClassVar[Callable[[Stub], None]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        type(self).answer(self)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def refuse(status: int, code: str, message: str = "no") -> Callable[[Stub], None]:
    def answer(stub: Stub) -> None:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        stub.send_response(status)
        stub.send_header("Content-Length", str(len(body)))
        stub.send_header("Content-Type", "application/xml")
        stub.end_headers()
        stub.wfile.write(body)

    return answer


def cut(stub: Stub) -> None:
    stub.send_response(200)
    stub.send_header("Content-Length", str(len(STATE) + 100))
    stub.end_headers()
    stub.wfile.write(STATE)
    stub.close_connection = True


def hang_up(stub: Stub) -> None:
    stub.close_connection = True
    stub.connection.close()


@pytest.fixture
def stub() -> Iterator[Callable[[Callable[[Stub], None]], tuple[str, list[str]]]]:
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Callable[[Stub], None]) -> tuple[str, list[str]]:
        asked: list[str] = []
        handler = type("Handler", (Stub,), {"answer": staticmethod(answer), "asked": asked})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}", asked

    yield start
    for server in servers:
        server.shutdown()


FAULTS = {
    "no bucket": (refuse(404, "NoSuchBucket"), "there is no such bucket"),
    "denied": (refuse(403, "AccessDenied"), "may be missing or forbidden"),
    "no key of KMS": (
        refuse(403, "AccessDenied", "not authorized to perform: kms:Decrypt"),
        "the key that encrypts it",
    ),
    "another region": (refuse(301, "PermanentRedirect"), "in another region"),
    "expired": (refuse(400, "ExpiredToken"), "credentials have expired"),
    "unknown key": (refuse(403, "InvalidAccessKeyId"), "the access key is not known"),
    "throttled": (refuse(503, "SlowDown"), "asks to slow down"),
    "broken": (refuse(500, "InternalError"), "internal error"),
    "archived": (refuse(403, "InvalidObjectState"), "archived"),
    "no XML": (
        lambda stub: (stub.send_response(502), stub.send_header("Content-Length", "0"), stub.end_headers())[0],
        "error",
    ),
    "cut": (cut, "broke off|came cut"),
    "closed": (hang_up, "closed before the answer|cannot be reached"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_clear_message_and_inconclusive(fault: str, plan: Path, stub: Any) -> None:
    import re

    answer, words = FAULTS[fault]
    url, _ = stub(answer)
    done, verdict = review(plan, url, "--state", f"s3://states/{KEY}")
    assert done.code == 4, done.everything
    assert verdict["decision"] == "inconclusive"
    (reason,) = [skipped["why"] for skipped in verdict["coverage"]["skipped"] if skipped.get("decides")]
    assert re.search(words, reason), reason
    assert b"Traceback" not in done.stderr


def test_a_state_that_was_deleted_is_named(plan: Path, stub: Any) -> None:
    def answer(one: Stub) -> None:
        body = b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"
        one.send_response(404)
        one.send_header("x-amz-delete-marker", "true")
        one.send_header("Content-Length", str(len(body)))
        one.end_headers()
        one.wfile.write(body)

    url, _ = stub(answer)
    done, verdict = review(plan, url, "--state", f"s3://states/{KEY}")
    assert done.code == 4
    assert "delete marker" in json.dumps(verdict["coverage"]["skipped"])


def test_no_state_for_a_plan_that_was_made_from_one_is_inconclusive(aws: Aws, plan: Path) -> None:
    change = {**PLAN["resource_changes"][0]["change"], "actions": ["update"], "before": {"triggers": {"a": "1"}}}  # type: ignore[index]
    plan.write_text(json.dumps({**PLAN, "resource_changes": [{**PLAN["resource_changes"][0], "change": change}]}))  # type: ignore[index]
    done, verdict = review(plan, aws.url, "--state", "s3://states/never-there.tfstate")
    assert done.code == 4
    assert "there is no state" in json.dumps(verdict["coverage"]["skipped"])
    done, verdict = review(plan, aws.url, "--state", f"s3://states/{KEY}")
    assert done.code == 4
    assert "another state" in json.dumps(verdict["coverage"]["skipped"])


def test_no_state_at_all_is_that_of_a_first_plan(aws: Aws, plan: Path) -> None:
    done, verdict = review(plan, aws.url, "--state", "s3://states/never-there.tfstate")
    assert (done.code, verdict["freshness"]["serial_state"]) == (0, 0)


def test_no_credentials_are_said(plan: Path) -> None:
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done, verdict = review(plan, "http://127.0.0.1:9", "--state", f"s3://states/{KEY}", env=none)
    assert done.code == 4, done.everything
    assert "no AWS credentials" in json.dumps(verdict["coverage"]["skipped"])


def test_a_slow_answer_is_given_up(plan: Path, stub: Any) -> None:
    url, _ = stub(lambda _: time.sleep(3))
    done, verdict = review(plan, url, "--state", f"s3://states/{KEY}", env={"PLANGATE_S3_TIMEOUT": "0.3"})
    assert done.code == 4
    assert "took too long" in json.dumps(verdict["coverage"]["skipped"])


@pytest.mark.parametrize("line", ['endpoint = "http://127.0.0.1:{port}"', 'profile = "admin"', 'role_arn = "arn:x"'])
def test_a_backend_block_that_says_too_much_is_refused_without_a_call(
    plan: Path, tmp_path: Path, stub: Any, line: str
) -> None:
    url, asked = stub(refuse(500, "InternalError"))
    line = line.replace("{port}", url.rpartition(":")[2])
    (tmp_path / "main.tf").write_text(
        f'terraform {{\n  backend "s3" {{\n    bucket = "states"\n    key = "k"\n    {line}\n  }}\n}}\n'
    )
    done, verdict = review(plan, url, "--state", "s3://", "--tf-dir", tmp_path)
    assert done.code == 4, done.everything
    assert line.split(" ")[0] in json.dumps(verdict["coverage"]["skipped"])
    assert asked == []


def test_nothing_is_ever_written(plan: Path, stub: Any) -> None:
    def answer(one: Stub) -> None:
        if one.path.endswith(".tflock"):
            refuse(404, "NoSuchKey")(one)
            return
        one.send_response(200)
        one.send_header("Content-Length", str(len(STATE)))
        one.end_headers()
        one.wfile.write(STATE)

    url, asked = stub(answer)
    done, _ = review(plan, url, "--state", f"s3://states/{KEY}")
    assert done.code == 0
    assert asked == [f"GET /states/{KEY}", f"GET /states/{KEY}.tflock"]
