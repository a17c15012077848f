from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from plangate.ingest.redact import formats, secrets
from plangate.ingest.redact.ordinary import is_image, is_ordinary, is_word, looks_random, reads_like_words
from plangate.ingest.redact.secrets import Grade

PRIVATE = "PRIVATE " + "KEY"
RANDOM = "q7Xv2Lr9Tz4Kb8Wn3Mp6"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "db_password",
        "dbPassword",
        "DB_PASSWORD",
        "db-password",
        "POSTGRES_PASSWORD",
        "PGPASSWORD",
        "password1",
        "admin_passwords",
        "passwd",
        "root_passwd",
        "pwd",
        "MYSQL_PWD",
        "secret",
        "client_secret",
        "clientSecret",
        "secret2",
        "jwtSecret",
        "token",
        "auth_token",
        "authToken",
        "access_token",
        "apiToken",
        "api_key",
        "apiKey",
        "apikey",
        "APIKEY",
        "OPENAI_API_KEY",
        "x-api-key",
        "access_key",
        "secret_access_key",
        "private_key",
        "privateKey",
        "private_key_pem",
        "master_key",
        "masterkey",
        "connection_string",
        "primary_connection_string",
        "credentials",
        "credential",
        "dsn",
        "SENTRY_DSN",
        "sas",
        "salt",
        "kubeconfig",
        "kube_config_raw",
        "webhook_url",
        "slack_webhook_url",
        "passphrase",
        "signing_key",
        "shared_access_key",
        "htpasswd",
        ".dockerconfigjson",
        "dockerconfigjson",
        "instrumentation_key",
        "license_key",
        "auth.postgresPassword",
        "global.redis.password",
        "controller.env.API_TOKEN",
        "preshared_key",
        "psk",
        "azurerm_storage_primary_access_key",
        "user_pass",
        "otp",
    ],
)
def test_a_name_that_holds_secrets_is_strong(name: str) -> None:
    assert secrets.grade(name) is Grade.STRONG


@pytest.mark.parametrize(
    "name",
    [
        "sessionAffinity",
        "secret_name",
        "secretName",
        "secret_arn",
        "secret_id",
        "token_ttl",
        "token_type",
        "token_endpoint",
        "password_policy",
        "password_length",
        "key_id",
        "kms_key_id",
        "kms_key",
        "public_key",
        "ssh_public_key",
        "enable_password_login",
        "get_password_data",
        "manage_master_user_password",
        "disable_password_authentication",
        "http_tokens",
        "max_tokens",
        "automount_service_account_token",
        "existingSecret",
        "existing_secret_name",
        "masterkeySecretName",
        "secret_key_ref",
        "secretKeyRef",
        "image_pull_secrets",
        "imagePullSecrets",
        "access_key_id",
        "pass_credentials",
        "password_wo_version",
        "credentials_provider",
        "token_validity_units",
        "minimum_password_length",
        "private_key_path",
        "private_dns",
        "password_reset_required",
        "primary_key_fields",
        "repository_key_file",
        "webhook_timeout_seconds",
        "user_password_expiry_days",
        "credential_type",
        "environmentSecrets",
    ],
)
def test_a_name_that_only_speaks_of_secrets_is_plain(name: str) -> None:
    assert secrets.grade(name) is Grade.PLAIN


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "id",
        "ami",
        "instance_type",
        "bypass",
        "compass",
        "passage",
        "region",
        "cidr_block",
        "monkey",
        "keyboard",
        "keyring",
        "author",
        "authored_by",
        "description",
        "replicas",
        "image",
        "repository",
        "endpoint",
        "private_ip",
        "private_link_service",
        "subnet_ids",
        "user_data",
        "zone",
        "availability_zones",
        "capacity_reservation",
        "encrypted",
        "security_groups",
        "policy",
        "assume_role_policy",
        "arn",
        "tags",
        "Environment",
        "bucket",
        "0",
        '""',
        "...",
        "host",
        "port",
        "connection_draining",
        "key_value_store_size",
    ],
)
def test_an_ordinary_name_says_nothing(name: str) -> None:
    assert secrets.grade(name) in (Grade.NONE, Grade.PLAIN)


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("password", "x", True),
        ("password", "production", True),
        ("password", 1234, True),
        ("password", Decimal("12.5"), True),
        ("password", "1234", True),
        ("password", True, False),
        ("password", None, False),
        ("password", "", False),
        ("password", "true", False),
        ("token", 3600, False),
        ("secret", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:db", False),
        ("secret", "projects/p/secrets/db/versions/1", False),
        ("api_key", "os.environ/OPENAI_API_KEY", False),
        ("password", "${DB_PASSWORD}", False),
        ("password", "${DB_PASSWORD:-letmein9}", True),
        ("password", "$DB_PASSWORD", False),
        ("password", "$db_password", False),
        ("password", "$ecretPassw0rd", True),
        ("password", "get_secret('db')", False),
        ("password", "os.getenv(NAME)", False),
        ("password", "aB3xx(9#kdkd", True),
        ("password", "hunter(2", True),
        ("password", "$(DB_PASSWORD)", False),
        ("password", "vault:secret/data/db#password", False),
        ("password", "{{ .Values.password }}", False),
        ("password", '{{ "letmein9" }}', True),
        ("private_key", f"-----BEGIN RSA {PRIVATE}-----\nMIIE\n", True),
        ("private_key", "-----BEGIN CERTIFICATE-----\nMIIE\n", False),
        ("auth", "enabled", False),
        ("authorization", "AWS_IAM", False),
        ("authorization", RANDOM, True),
        ("certificate_pem", "-----BEGIN CERTIFICATE-----\nMIIE\n", False),
        ("tokens", "optional", False),
        ("key", "lambdas/PTCT/sandbox/HandleS3Update.zip", False),
        ("key", "app_environment", False),
        ("key", RANDOM, True),
        ("key", "8f14e45f-ceea-467f-a0e6-0a1b2c3d4e5f", False),
        ("name", RANDOM, False),
    ],
)
def test_a_value_is_hidden_by_the_grade_of_its_name(name: str, value: Any, hidden: bool) -> None:
    assert secrets.hides(secrets.grade(name), name, value) is hidden


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("random_password", "result"),
        ("tls_private_key", "private_key_openssh"),
        ("kubernetes_secret", "data"),
        ("kubernetes_secret_v1", "string_data"),
        ("aws_secretsmanager_secret_version", "secret_string"),
        ("aws_ssm_parameter", "value"),
        ("google_secret_manager_secret_version", "secret_data"),
        ("azurerm_key_vault_secret", "value"),
        ("vault_generic_secret", "data_json"),
        ("vault_database_secret_backend_connection", "postgres_password"),
        ("github_actions_secret", "plaintext_value"),
        ("azurerm_linux_virtual_machine", "admin_password"),
        ("acme_corp_secret_version", "secret_data"),
    ],
)
def test_a_type_hides_its_secret_attributes(type_: str, path: str) -> None:
    assert secrets.rule_for(secrets.attributes(type_), path) is True


def test_a_type_hides_nested_attributes_and_nothing_else() -> None:
    rules = secrets.attributes("helm_release")
    assert secrets.rule_for(secrets.rule_for(rules, "set_sensitive"), "value") is True
    assert not secrets.rule_for(secrets.rule_for(rules, "set_sensitive"), "name")
    assert not secrets.rule_for(rules, "chart")
    assert secrets.attributes("aws_vpc") == {}


TOKENS = [
    "AKIA" + "Q3EGRIVKZ7XJ5T2M",
    "ASIA" + "Q3EGRIVKZ7XJ5T2M",
    "ghp_" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2E",
    "github_pat_" + "11ABCDEFG0x7Rk2Lm9Qw4Z_t8Vb3Np6Hs1Jd5Fg0Yc7Ua2Ex7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua",
    "glpat-" + "x7Rk2Lm9Qw4Zt8Vb3Np6",
    "xoxb-" + "2048-4096-x7Rk2Lm9Qw4Zt8Vb3Np6",
    "xapp-" + "1-A0-2-x7rk2lm9qw4zt8vb3np6",
    "https://hooks.slack.com/services/" + "T000/B000/x7Rk2Lm9Qw4Zt8Vb3Np6Hs1J",
    "sk_live_" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1J",
    "AIza" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2",
    "GOCSPX-" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg",
    "sk-" + "proj-x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0",
    "sk-" + "ant-api03-x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0",
    "npm_" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2E",
    "pypi-" + "AgEIcHlwaS5vcmcCJx7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5",
    "dckr_pat_" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5F",
    "hvs." + "CAESIx7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0",
    "x7Rk2Lm9Qw4Zt8" + ".atlasv1." + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2Ex7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg",
    "dop_v1_" + "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "SG." + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs" + ".x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2Ex7Rk2Lm",
    "SK" + "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "123456789" + ":AAx7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7U",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg",
    f"-----BEGIN {PRIVATE}-----\nMIIEvQIBADANBg\n-----END {PRIVATE}-----",
    f"-----BEGIN OPENSSH {PRIVATE}-----\\nb3BlbnNzaC1rZXk\\n-----END OPENSSH {PRIVATE}-----",
    f"-----BEGIN PGP {PRIVATE} BLOCK-----\nlQdG\n",
    "PuTTY-User-Key-File-" + "3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nAAAA",
    "AGE-SECRET-KEY-" + "1QQPQQQQ5TJ8KEFG3C0TTWWQYZ",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey="
    "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2E==;EndpointSuffix=core.windows.net",
    "https://a.blob.core.windows.net/c?sv=2022-11-02&sr=c&sig=" + "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2E%3D",
    "postgres://app:" + "s3cr3t!x@db.internal:5432/app",
    "postgresql+psycopg2://app:" + "s3/cr@3t@db.internal/app",
    "https://" + "x7Rk2Lm9Qw4Zt8Vb3Np6@github.com/a/b",
    "redis://:" + "x7Rk2Lm9@cache:6379/0",
    "app:" + "s3cr3t@tcp(db:3306)/app",
    "Server=db;Database=a;User Id=sa;Password=" + "x7Rk;Encrypt=true",
    "Authorization: Bearer " + "x7Rk2Lm9Qw4Zt8Vb3Np6",
    "curl -H 'X-Api-Key: " + "x7Rk2Lm9Qw' https://api",
    "#!/bin/bash\nexport DB_PASSWORD=" + "x7Rk2Lm9\n",
    "mysql --password=" + "x7Rk2Lm9 -e 'select 1'",
    "curl -u admin:" + "x7Rk2Lm9 https://api",
    "$2a$10$" + "hjCKdOLSnH3mgW22vyXgAuGpR3qzh9Bnlyb4UILF4guOoJ8PmzHO",
    "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2E" + "Kb8W",
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:12].encode("ascii", "replace").hex())
def test_a_known_form_is_found_alone_and_in_a_text(token: str) -> None:
    assert formats.find(token)
    if len(token) != 40:
        assert formats.find(f"before {token} after")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-west-1:000000000000:secret:prod/db-AbCdEf",
        "arn:aws:iam::000000000000:role/token-service",
        "https://registry.example.com:5000/app@sha256:0a1b",
        "https://host:8080/path",
        "git@github.com:org/repo.git",
        "git::ssh://git@github.com/org/repo.git?ref=v1",
        "postgres://$(DB_USER):$(DB_PASSWORD)@db/app",
        "postgres://db.internal:5432/app",
        "https://sqs.eu-west-1.amazonaws.com/000000000000/tokens",
        "Minimum password: required",
        "password = var.password",
        "export TOKEN=$(aws ecr get-login-password)",
        "export TOKEN=${TOKEN}",
        "TOKEN_TTL=3600",
        "token=3600",
        "disk-label-key-a",
        "task-definition-app-prod-cluster",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef",
        "ami-0abcd1234ef567890",
        "eu-west-1",
        "docker run -u 1000:1000 app",
        "secretsmanager:GetSecretValue",
        "{{resolve:secretsmanager:db:SecretString:password}}",
        "x-amz-server-side-encryption: aws:kms",
        "8f14e45f-ceea-467f-a0e6-0a1b2c3d4e5f",
        "SKU_Standard_LRS",
        "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBg\n-----END CERTIFICATE-----",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDH5xa8JLAR0u1q1LMM0FIX user@host",
    ],
)
def test_what_only_looks_so_is_not_found(text: str) -> None:
    assert formats.find(text) == []


def test_only_the_secret_part_of_a_connection_string_is_located() -> None:
    text = "postgres://app:" + "s3cr3t!x@db/app"
    assert {text[start:end] for start, end in formats.find(text)} == {"s3cr3t!x"}
    assert set(formats.secrets_of(text)) == {"s3cr3t!x"}


@pytest.mark.parametrize(
    "piece",
    [
        "postgres://a:",
        "-----BEGIN " + PRIVATE + "-----",
        "- ",
        "-",
        "eyJ",
        "eyJaaaaaaaa.",
        "sk-",
        "sk-a",
        "password=",
        "password ",
        'password": "',
        "--password ",
        "--a-b-c-",
        "--aaaaaaaa",
        "a://",
        "Authorization: ",
        "A" * 64,
        "key-",
        "AccountKey=;",
        "-u a:",
        "?token=",
        "Bot ",
        "$2a$",
        "@tcp(",
        "pat-na",
        "secret",
        "tk-us-",
        "0:A",
    ],
)
def test_a_megabyte_made_to_be_slow_is_read_to_its_end(piece: str) -> None:
    # A quadratic expression would take hours here: that this ends is what is tested.
    formats.find(piece * (1_000_000 // len(piece)))
    formats.find(piece + "a" * 1_000_000)


@pytest.mark.parametrize(
    "text", ["litellm", "Administrator", "PRODUCTION", "rdsadmin", "changeme", "postgres", "secret", "password"]
)
def test_a_dictionary_word_or_a_short_run_of_them_is_a_word(text: str) -> None:
    assert is_word(text)


@pytest.mark.parametrize(
    "text", ["supersecret", "mypassword", "kjowetuz", "hunter2", "prod-1", "hUnter", "correcthorsebatterystaple", ""]
)
def test_what_is_not_one_word_is_none(text: str) -> None:
    assert not is_word(text)


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "short",
        "eu-west-1",
        "us-east-1a",
        "westeurope",
        "10.0.0.0/16",
        "0.0.0.0",
        "1.2.3",
        "123456789012",
        "3.14159",
        "2026-11-23",
        "litellm",
        "t3.medium",
    ],
)
def test_what_is_short_or_ordinary_is_ordinary(text: str) -> None:
    assert is_ordinary(text)


@pytest.mark.parametrize(
    "text", ["prod-1", "invented-secret-001", "upward-kodiak", "1234567890123456", "x7Rk2L", "acmecorp-db"]
)
def test_what_could_be_a_secret_is_not_ordinary(text: str) -> None:
    assert not is_ordinary(text)


@pytest.mark.parametrize(
    "text", ["prod-1", "my-company", "stackguardian", "clusterUser_rg_name", "Summer2024", "invented-secret-001"]
)
def test_names_read_like_words(text: str) -> None:
    assert reads_like_words(text)


@pytest.mark.parametrize("text", ["x7k2m9", "aBcDeFgH", "qzxwvkjp", "a1b2c3d4", RANDOM, "", "-", "0a1b2c3d4e5f6071"])
def test_random_values_do_not_read_like_words(text: str) -> None:
    assert not reads_like_words(text)


@pytest.mark.parametrize("text", [RANDOM, "0a1b2c3d4e5f60718293a4b5c6d7e8f9"])
def test_generated_keys_look_random(text: str) -> None:
    assert looks_random(text)


@pytest.mark.parametrize(
    "text",
    [
        "app_environment",
        "modules/vpc/v1.2.3/main-module.zip",
        "8f14e45f-ceea-467f-a0e6-0a1b2c3d4e5f",
        "my-long-resource-name-01",
        "short1A",
    ],
)
def test_names_and_identifiers_do_not_look_random(text: str) -> None:
    assert not looks_random(text)


@pytest.mark.parametrize(
    "value",
    [
        "/etc/secrets/db-password",
        "/opt/app/certs/token/jwt-token.pem",
        "$(< /run/secrets/password)",
        "$(cat /run/secrets/password)",
        "${2:?missing password value}",
        "${DB_PASSWORD:-}",
        "$1",
        "$__file{/etc/secrets/admin}",
        "controller-password-placeholder",
        "password-placeholder-0",
        "__DB_PASSWORD__",
    ],
)
def test_a_file_a_shell_expression_and_a_placeholder_are_no_secrets(value: str) -> None:
    assert not secrets.hides(Grade.STRONG, "password", value)


@pytest.mark.parametrize(
    "value",
    ["/9j/4AAQSkZJRgABAQ", "$(echo Zk8notreal41qWx7)", "${DB_PASSWORD:-Zk8notreal41qWx7}", "place-Zk8notreal41"],
)
def test_what_only_looks_like_one_of_those_is_hidden(value: str) -> None:
    assert secrets.hides(Grade.STRONG, "password", value)


@pytest.mark.parametrize(
    ("name", "grade"),
    [
        ("checksum/secret", Grade.PLAIN),
        ("AGENT_INJECT_VAULT_IMAGE", Grade.PLAIN),
        ("REGISTRY_CREDENTIAL_USERNAME", Grade.PLAIN),
        ("VAULT_API_ADDR", Grade.PLAIN),
        ("ETCD_INITIAL_CLUSTER_TOKEN", Grade.PLAIN),
        ("CLUSTER_TOKEN", Grade.STRONG),
        ("webhook_url", Grade.STRONG),
    ],
)
def test_names_that_speak_of_what_stands_beside_a_secret(name: str, grade: Grade) -> None:
    assert secrets.grade(name) is grade


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("acme/vault:1.20.4", True),
        ("registry.example.org:5000/team/app:v2.0.0-alpine", True),
        ("app@sha256:" + "0" * 64, True),
        ("acme/vault", False),
        ("admin:Zk8notreal41qWx7", False),
        ("Zk8notreal41qWx7/x:1.0", False),
    ],
)
def test_references_of_images(text: str, is_one: bool) -> None:
    assert is_image(text) is is_one
