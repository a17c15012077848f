from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import urllib.parse

import pytest

from plangate.ingest.redact.known_secrets import Fit, KnownSecrets

RANDOM = "x7Rk2Lm9Qw&4Zt/8V"


def taint(*secrets: str, name: str = "") -> KnownSecrets:
    known = KnownSecrets()
    for secret in secrets:
        known.learn(secret, name)
    known.freeze()
    return known


def encodings(secret: str) -> dict[str, str]:
    raw = secret.encode()
    inside = [base64.b64encode(b"x" * n + raw + b"yz").decode() for n in range(4)]
    return {
        "as it is": secret,
        "inside letters": f"aa{secret}bb",
        "base64": base64.b64encode(raw).decode(),
        "base64 without padding": base64.b64encode(raw).decode().rstrip("="),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode(),
        "base64 of a line": base64.b64encode(raw + b"\n").decode(),
        **{f"base64 of something longer, {n} before": text for n, text in enumerate(inside)},
        "basic authorization": "Basic " + base64.b64encode(b"user:" + raw).decode(),
        "percent-encoded": urllib.parse.quote(secret, safe=""),
        "percent-encoded path": urllib.parse.quote(secret),
        "percent-encoded lower": re.sub("%..", lambda code: code[0].lower(), urllib.parse.quote(secret, safe="")),
        "form": urllib.parse.quote_plus(secret),
        "JSON": json.dumps({"a": secret}),
        "JSON in JSON": json.dumps(json.dumps({"a": secret})),
        "Go's JSON": json.dumps(secret).replace("&", "\\u0026"),
        "HTML": html.escape(secret),
    }


@pytest.mark.parametrize("encoding", list(encodings(RANDOM)))
@pytest.mark.parametrize("secret", [RANDOM, 'pä55 wörd"\\<1>', "abc/x+9 =q1"])
def test_a_random_secret_is_found_in_every_encoding(secret: str, encoding: str) -> None:
    text = encodings(secret)[encoding]
    assert taint(secret).find(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prod-1", True),
        ("user:prod-1@host", True),
        ("/prod-1/db", True),
        ("it is prod-1.", True),
        ("prod-123", False),
        ("my-prod-1", False),
        ("prod-1-db", False),
        ("prod-1.internal", False),
        ("aprod-1", False),
    ],
)
def test_a_short_name_counts_where_it_stands_by_itself(text: str, found: bool) -> None:
    assert bool(taint("prod-1").find(text)) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("invented-secret-001", True),
        ("db-invented-secret-001-x", True),
        ("invented-secret-001.example.com", True),
        ("invented-secret-0012", False),
        ("xinvented-secret-001", False),
    ],
)
def test_several_words_count_between_signs(text: str, found: bool) -> None:
    assert bool(taint("invented-secret-001").find(text)) is found


def test_a_company_name_does_not_blank_what_is_named_after_it() -> None:
    known = taint("stackguardian")
    assert known.find("stackguardian")
    assert not known.find("arn:aws:s3:::stackguardian-verified-bluegill")


@pytest.mark.parametrize(
    "value", ["litellm", "short", "12345678", "eu-west-1", "10.0.0.0/16", "production", "true", "3.14"]
)
def test_an_ordinary_value_is_not_looked_for(value: str) -> None:
    assert taint(value, value).find(f"helm_release.{value} {value}") == []


def test_every_telling_line_of_a_longer_secret_is_found() -> None:
    known = taint("#!/usr/bin/env bash\nset -euo pipefail\n  --flag=Zk81-qqv7-19aa  \nshort1\n")
    assert known.find("exec --flag=Zk81-qqv7-19aa now")
    assert not known.find("set -euo pipefail")
    assert not known.find("#!/usr/bin/env bash")
    assert not known.find("a short1 b")


def test_the_body_of_a_certificate_is_found_and_its_frame_is_not() -> None:
    known = taint("-----BEGIN CERTIFICATE-----\nMIIE7Rk2Lm9Qw4Zt8V\n-----END CERTIFICATE-----\n")
    assert known.find("MIIE7Rk2Lm9Qw4Zt8V")
    assert not known.find("-----BEGIN CERTIFICATE-----\nMIIEother000000000\n-----END CERTIFICATE-----\n")


def test_leaves_of_a_secret_document_are_found() -> None:
    known = taint('{"user": "litellm", "password": "x7Rk2Lm9", "nested": [{"key": "Zk81qqv7"}]}')
    assert known.find("x7Rk2Lm9")
    assert known.find("Zk81qqv7")
    assert not known.find("litellm")


def test_leaves_of_a_secret_yaml_document_are_found() -> None:
    assert taint("user: litellm\npassword: x7Rk2Lm9\n").find("pw x7Rk2Lm9")


def test_the_host_in_a_secret_document_stays_readable() -> None:
    known = taint(
        '{"host": "db.c1x2y3z4a5b6.eu-west-1.rds.amazonaws.com", "username": "app-user", "password": "x7Rk2Lm9"}'
    )
    assert not known.find("db.c1x2y3z4a5b6.eu-west-1.rds.amazonaws.com:5432")
    assert not known.find("app-user")


def test_a_random_value_under_a_plain_key_of_a_secret_document_is_found() -> None:
    assert taint('{"host": "x7Rk2Lm9Qw4Zt8V"}').find("x7Rk2Lm9Qw4Zt8V")


def test_what_a_base64_secret_decodes_to_is_found() -> None:
    known = taint(base64.b64encode(b'{"password": "x7Rk2Lm9Qw"}').decode())
    assert known.find("x7Rk2Lm9Qw")


def test_the_password_in_a_secret_connection_string_is_found() -> None:
    known = taint("postgres://app:" + "x7Rk2Lm9@db.internal/app")
    assert known.find("PASSWORD is x7Rk2Lm9")
    assert not known.find("db.internal")


def test_a_trimmed_secret_is_found() -> None:
    assert taint(" x7Rk2Lm9Qw\n").find("x7Rk2Lm9Qw")


def test_a_plain_hash_of_a_secret_is_found() -> None:
    assert taint("invented-secret-001").find("md5 = c55c0e22ae36cb9ceb51d5c1f0ecc2cb") == []
    assert taint("invented-secret-001").find(hashlib.sha256(b"invented-secret-001").hexdigest())


def test_a_name_under_a_key_that_often_holds_names_is_skipped() -> None:
    known = KnownSecrets()
    known.learn("litellm-env-vars", "secret", named=True)
    known.learn("litellm-env-varz", "password", named=True)
    known.freeze()
    assert not known.find("litellm-env-vars")
    assert known.find("litellm-env-varz")


def test_only_random_secrets_are_looked_for_in_keys() -> None:
    known = taint("invented-secret-001", RANDOM)
    assert not known.find("invented-secret-001", Fit.ANYWHERE)
    assert known.find(RANDOM, Fit.ANYWHERE)


def test_nothing_is_found_where_nothing_was_learned() -> None:
    taint = KnownSecrets()
    taint.freeze()
    assert taint.find("anything at all") == []


def test_asking_before_everything_is_learned_is_refused() -> None:
    with pytest.raises(RuntimeError, match="before all of them were learned"):
        KnownSecrets().find("anything at all")


def test_its_representation_tells_nothing() -> None:
    assert RANDOM not in repr(taint(RANDOM))


def test_a_very_long_secret_is_found_in_every_long_piece_of_it() -> None:
    secret = "".join(f"{i:x}-invented-{i * 7919:x}" for i in range(40_000))
    known = taint(secret)
    assert known.find(secret)[0] == (0, 1024)
    assert known.find(f"see {secret[5000:9000]}")
    del known
