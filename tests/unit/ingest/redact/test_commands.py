"""Commands that are lists of words: the secret is told by the word before it, and by the command."""

from __future__ import annotations

from typing import Any

import pytest

from plangate.ingest.redact import commands
from plangate.ingest.redact.redactor import Redactor

SECRET = "Zq7-inv-K4x9"


@pytest.mark.parametrize(
    "words",
    [
        ["server", "--db-password", SECRET],
        ["server", "-db-password", SECRET],
        ["server", f"--db-password={SECRET}"],
        ["redis-server", "--requirepass", SECRET],
        ["redis-server", "--masterauth", SECRET, "--port", "6379"],
        ["redis-cli", "-h", "cache", "-a", SECRET],
        ["sshpass", "-p", SECRET, "scp", "a", "b"],
        ["docker", "login", "-u", "app", "-p", SECRET, "registry.example"],
        ["mysql", "-uroot", f"-p{SECRET}", "shop"],
        ["mongosh", "-u", "app", "-p", SECRET],
        ["curl", "-u", f"app:{SECRET}", "https://host"],
        ["java", f"-Dspring.datasource.password={SECRET}"],
        ["run", "-e", f"DB_PASSWORD={SECRET}"],
        ["run", "--senha", SECRET],
    ],
    ids=" ".join,
)
def test_a_secret_among_words_is_hidden_there_and_elsewhere(words: list[Any]) -> None:
    redactor = Redactor()
    redactor.learn({"command": words}, False, "")
    redactor.freeze()
    assert SECRET not in repr(redactor.mask(words, path=("command",)))
    assert redactor.text(f"job {SECRET}") == "job (sensitive)"


@pytest.mark.parametrize(
    "words",
    [
        ["docker", "run", "-p", "8080:80", "nginx"],
        ["ssh", "-p", "2222", "host"],
        ["server", "--password-file", "/run/secrets/db"],
        ["server", "--password", "$(DB_PASSWORD)"],
        ["server", "--token-ttl", "3600"],
        ["--port=80", "--log-level", "info", "--cluster-name=prod"],
        ["mkdir", "-p", "/var/lib/app"],
        ["psql", "-p", "5432", "-U", "app"],
        ["-c", "echo hello | tee /tmp/x"],
    ],
    ids=" ".join,
)
def test_ordinary_words_are_shown(words: list[Any]) -> None:
    assert commands.secrets_in(words) == {}
