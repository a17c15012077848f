"""Every format of `secret-formats.yaml`: an invented example of each is found, hidden, and learned if it says so."""

import json
import re

import msgspec
import pytest
import yaml

from plangate import knowledge
from plangate.ingest.redact import formats
from plangate.ingest.redact.ordinary import is_ordinary
from plangate.ingest.redact.redactor import Redactor
from plangate.policy import index
from tests.conftest import ROOT
from tests.support.command import copy_tree

A24 = "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1J"
A40 = "x7Rk2Lm9Qw4Zt8Vb3Np6Hs1Jd5Fg0Yc7Ua2Ek8Wn"
A80 = A40 + "Tq4Bv7Xm1Zr6Lp9Kc3Gy8Ns2Hd5Jw0Ff4Ee7Uu1I"
UPPER = "Q3EGRIVKZ7XJ5T2M"
HEX32 = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
HEX40 = HEX32 + "1a2b3c4d"
SECRET = "Zq7-inv-K4x9"
UUID = "8f14e45f-ceea-467f-a0e6-0a1b2c3d4e5f"
PEM = f"-----BEGIN {'PRIVATE'} KEY-----\nMIIEvQIBADANBg\n-----END {'PRIVATE'} KEY-----"

EXAMPLES = [
    ("aws-access-key-id", f"id <<AKIA{UPPER}>>."),
    ("aws-bedrock-key", f"key <<ABSK{A40}>>"),
    ("aws-bedrock-key", f"key <<bedrock-api-key-{A24}>>"),
    ("github-token", f"use <<ghp_{A24}>> here"),
    ("github-fine-grained", f"use <<github_pat_{A24}>>"),
    ("gitlab", f"use <<glpat-{A24}>>"),
    ("gitlab", f"use <<GR1348941{A24}>>"),
    ("slack-token", f"use <<xoxb-{A24}>>"),
    ("slack-token", f"use <<xapp-{A24}>>"),
    ("slack-webhook", f"https://<<hooks.slack.com/services/T000/B000/{A24}>>"),
    ("discord-webhook", f"https://discord.example<</api/webhooks/123456/{A24}>>"),
    ("office-webhook", f"https://acme.<<webhook.office.com/webhookb2/{A24}>>"),
    ("discord-bot", f"<<Bot {A24}.Gh7Kd2.{A24}>>"),
    ("stripe", f"use <<sk_live_{A24}>>"),
    ("stripe", f"use <<whsec_{A24}>>"),
    ("google-api-key", f"use <<AIza{A40}>>"),
    ("google-oauth", f"use <<GOCSPX-{A24}>>"),
    ("google-oauth", f"use <<ya29.{A24}>>"),
    ("google-oauth", f"use <<1//0{A40}>>"),
    ("google-hmac", f"use <<GOOG1{UPPER}{UPPER}>>"),
    ("azure-connection", f"AccountName=acme;AccountKey=<<{A40}>>;EndpointSuffix=core.example"),
    ("azure-connection", f"Endpoint=sb://acme;sharedaccesskey=<<{A40}>>"),
    ("azure-sas", f"https://acme.blob.example/c?sv=1&sig=<<{A40}%3D>>"),
    ("azure-client-secret", f"use <<abc8Q~{A24}x7Rk2Lm9>>"),
    ("azure-key", f"use <<{A40}JQQJ99{A24}>>"),
    ("ai-key", f"use <<sk-proj-{A24}>>"),
    ("ai-services", f"use <<gsk_{A24}>>"),
    ("ai-services", f"use <<pa-{A40}abc>>"),
    ("databricks", f"use <<dapi{HEX32}>>"),
    ("digitalocean", f"use <<dop_v1_{HEX40}>>"),
    ("sendgrid", f"use <<SG.{A24}.{A40}>>"),
    ("mail-services", f"use <<xkeysib-{HEX40}>>"),
    ("mail-services", f"use <<key-{HEX32}>>"),
    ("mailchimp", f"use <<{HEX32}-us12>>"),
    ("twilio", f"use <<SK{HEX32}>>"),
    ("telegram", f"use <<123456789:A{A24}x7Rk2Lm9Q>>"),
    ("package-registries", f"use <<npm_{A24}>>"),
    ("package-registries", f"use <<oy2{HEX40}abc>>"),
    ("vault", f"use <<hvs.{A24}>>"),
    ("vault", f"use <<s.{A24}>>"),
    ("terraform-cloud", f"use <<x7Rk2Lm9Qw4Zt8.atlasv1.{A24}>>"),
    ("platforms", f"use <<pul-{HEX40}>>"),
    ("platforms", f"use <<fo2_{A24}>>"),
    ("observability", f"use <<NRAK-{A24}>>"),
    ("observability", f"use <<{HEX32}a1b2NRAL>>"),
    ("commerce", f"use <<shpat_{A24}>>"),
    ("collaboration", f"use <<ATATT3{A24}>>"),
    ("artifactory", f"use <<AKCp{A40}>>"),
    ("one-password", f"use <<ops_eyJ{A40}>>"),
    ("uuid-keys", f"use <<sdk-{UUID}>>"),
    ("cloudflare", f"use <<v1.0-{HEX40[:24]}-{HEX40 * 3}>>"),
    ("yandex", f"use <<AQVN{A40}>>"),
    ("alibaba", f"use <<LTAI{UPPER}>>"),
    ("age", f"use <<AGE-SECRET-KEY-{UPPER}{UPPER}>>"),
    ("private-key", f"<<{PEM}>>"),
    ("putty-key", f"<<PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{A24}>>"),
    ("jwt", f"use <<eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{A24}>>"),
    ("password-hash", f"use <<$2a$10${A40}>>"),
    ("password-hash", f"use <<{{SSHA256}}{A40}>>"),
    ("url-with-password", f"amqp+x://app:<<{SECRET}>>@queue/v"),
    ("database-url", f"postgres://app:<<{SECRET}/a@b>>@db/app"),
    ("database-url", f"POSTGRESQL+psycopg2://app:<<{SECRET}>>@db/app"),
    ("url-with-token", f"https://<<{A24}>>@git.example/a/b"),
    ("go-mysql-dsn", f"app:<<{SECRET}>>@tcp(db:3306)/app"),
    ("authorization-header", f"Bearer <<{A24}>>"),
    ("authorization-header", f"AUTHORIZATION: Basic <<{A24}>>"),
    ("key-header", f"curl -H 'x-functions-key: <<{SECRET}>>' host"),
    ("assignment", f"export DB_PASSWORD=<<{SECRET}>>\n"),
    ("assignment", f"signing_key = <<{SECRET}>>"),
    ("assignment", f'first, "sEcReT": "<<{SECRET}>>"'),
    ("quoted-assignment", f"password = '<<{SECRET} and more>>'"),
    ("ado-password", f"Server=db;Pwd=<<{SECRET}!,x>>;Encrypt=true"),
    ("command-line", f"run --password <<{SECRET}>> --now"),
    ("command-line", f"run --db-password <<{SECRET}>> --now"),
    ("command-line", f"run --db-password=<<{SECRET}>> --now"),
    ("command-line", f"run --DB-Password '<<{SECRET}>>'"),
    ("command-line", f"run --my-app-db-password\t<<{SECRET}>>"),
    ("command-line", f"run --spring.datasource.password <<{SECRET}>>"),
    ("command-line", f"run --db_passwd <<{SECRET}>>"),
    ("command-line", f"run --dbpassword <<{SECRET}>>"),
    ("command-line", f"run --api-key <<{SECRET}>>"),
    ("command-line", f"run --openai-api-key=<<{SECRET}>>"),
    ("command-line", f"run --oauth-client-secret <<{SECRET}>>"),
    ("command-line", f"run --secret-access-key <<{SECRET}>>"),
    ("user-password", f"curl -u app:<<{SECRET}>> host"),
    ("user-password", f"curl --user app:<<{SECRET}>> host"),
    ("chpasswd", f'echo "root:<<{SECRET}>>" | chpasswd'),
    ("mysql-password", f"mysql -uroot -p<<{SECRET}>> shop"),
    ("net-user", f"NET USER admin <<{SECRET}>> /add"),
    ("net-use", f"net use Z: \\\\files\\share <<{SECRET}>> /user:acme\\app"),
    ("net-use", f"cmdkey /add:files /pass:<<{SECRET}>>"),
    ("aws-session-token", f"use <<FwoGZXIv{A40}{A40}>>"),
    ("maxmind", f"use <<x7Rk2L_{A24}m9Qw4_mmk>>"),
    ("facebook", f"use <<EAAM{A40}{A80}>>"),
    ("gitlab-session", f"Cookie: _gitlab_session=<<{HEX32}>>"),
    ("platforms", f"use <<p8e-{HEX32}>>"),
    ("platforms", f"use <<sgp_{HEX40}>>"),
    ("jdbc-thin", f"jdbc:oracle:thin:app/<<{SECRET}>>@db:1521/shop"),
    ("jdbc-thin", f"sqlplus -s app/<<{SECRET}>>@shop"),
    ("escaped-assignment", f'curl -d "{{\\"password\\": \\"<<{SECRET}>>\\"}}" host'),
    ("environment", "PORT=80\nAPI_TOKEN=<<abc>>\n"),
    ("environment", "API_TOKEN=<<supersecure>>"),
    ("environment", "export DB_PASS='<<a b>>'"),
    ("environment", f"STRIPE_SK=<<{SECRET}>>"),
    ("environment", f"SMTP_SENHA=<<{SECRET}>>"),
    ("default-of-variable", f"run ${{DB_PASSWORD:-<<{SECRET}>>}}"),
    ("setting", f"uri ldap://x\nbindpw <<{SECRET}>>\n"),
    ("argument", f"define('DB_PASSWORD', '<<{SECRET}>>');"),
    ("yaml-pair", f"env {{ - name: DB_PASSWORD\n  value: <<{SECRET}>>\n}}"),
    ("json-pair", f'run {{"name": "DB_PASSWORD", "value": "<<{SECRET}>>"}}'),
    ("sql-identified", f"CREATE USER app IDENTIFIED BY '<<{SECRET}>>';"),
    ("sql-identified", f"ALTER USER app IDENTIFIED WITH mysql_native_password BY '<<{SECRET}>>';"),
    ("sql-user", f"create user app identified by <<{SECRET}>> default tablespace users"),
    ("sql-password", f"CREATE ROLE app LOGIN PASSWORD '<<{SECRET}>>';"),
    ("sql-password", f"CREATE LOGIN app WITH PASSWORD = N'<<{SECRET}>>'"),
    ("mongo-auth", f'db.auth("app", "<<{SECRET}>>")'),
    ("redis", f"maxmemory 256mb\nrequirepass <<{SECRET}>>\n"),
    ("redis", f'masterauth "<<{SECRET}>>"'),
    ("redis", f"user app on ><<{SECRET}>> ~* +@all"),
    ("netrc", f"machine git.example login app password <<{SECRET}>>\\n"),
    ("netrc", f"user app insecure-password <<{SECRET}>>"),
    ("pgpass", f"db.internal:5432:shop:app:<<{SECRET}>>"),
    ("sasl-password", f"[smtp.example]:587 app:<<{SECRET}>>"),
    ("npm-auth", f"//npm.example/:_authToken=<<{SECRET}>>"),
    ("docker-auth", f'{{"auths": {{"ghcr.io": {{"auth": "<<{A24}>>"}}}} more'),
    ("pre-shared-key", f"pre-shared-key local <<{SECRET}>>"),
    ("pre-shared-key", f': PSK "<<{SECRET}>>"'),
    ("network-device", f"snmp-server community <<{SECRET}>> ro"),
    ("login", f"docker login -u app -p <<{SECRET}>> registry.example"),
    ("login", f"az login --service-principal -u app -p <<{SECRET}>> --tenant t"),
    ("sshpass", f"sshpass -p <<{SECRET}>> scp a b"),
    ("command-option", f"redis-cli -h cache -a <<{SECRET}>> ping"),
    ("command-option", f"ldapsearch -x -D cn=app -w <<{SECRET}>> uid"),
    ("command-option", f"sqlcmd -S db -U app -P '<<{SECRET}>>'"),
    ("piped-password", f"echo <<{SECRET}>> | docker login -u app --password-stdin"),
    ("piped-password", f"printf '%s' '<<{SECRET}>>' | sudo -S true"),
    ("here-string", f"docker login --password-stdin <<< <<{SECRET}>>"),
    ("chpasswd-lines", f"chpasswd <<EOF\n<<root:{SECRET}\n>>EOF\n"),
    ("htpasswd", f"htpasswd -b /etc/users app <<{SECRET}>>"),
    ("set-password", f"rabbitmqctl add_user app <<{SECRET}>>"),
    ("set-setting", f"aws configure set aws_secret_access_key <<{SECRET}>>"),
    ("object-store-alias", f"mc alias set s3 http://s3 app <<{SECRET}>>"),
    ("vault-login", f"vault login <<{SECRET}>>"),
    ("secret-literal", f"kubectl create secret generic app --from-literal=key=<<{SECRET}>>"),
    ("openssl-pass", f"openssl rsa -passin pass:<<{SECRET}>> -in a"),
    ("user-and-password", f"smbclient //files/share -U app%<<{SECRET}>>"),
    ("secure-string", f"ConvertTo-SecureString '<<{SECRET}>>' -AsPlainText -Force"),
    ("network-credential", f'New-Object Net.NetworkCredential("app", "<<{SECRET}>>")'),
    ("xml-element", f"<db><Password><<{SECRET}>></Password></db>"),
    ("xml-element", f"<AdministratorPassword><Value><<{SECRET}>></Value>"),
    ("xml-attributes", f'<add key="ApiSecret" value="<<{SECRET}>>" />'),
    ("xml-attributes-reversed", f'<add value="<<{SECRET}>>" key="ApiSecret" />'),
    ("xml-named-element", f'<entry key="db.password"><<{SECRET}>></entry>'),
    ("xml-pair", f"<name>db.password</name><value><<{SECRET}>></value>"),
    ("xml-pair-reversed", f"<value><<{SECRET}>></value>\n<name>db.password</name>"),
    ("assignment", f"'password' => <<{SECRET}>>,"),
    ("quoted-assignment", f"'db_password' => '<<{SECRET} and>>',"),
    ("assignment", f"[Peer]\nPresharedKey = <<{SECRET}>>\n"),
    ("assignment", f"    psk=<<{SECRET}>>\n"),
    ("query-parameter", f"https://host/a?api_key=<<{A24}>>&b=1"),
]
"""Format, and a text in which `<<` and `>>` stand around what is hidden."""


def split(example):
    before, rest = re.split("<<(?!EOF|[< ])", example, maxsplit=1)
    secret, after = rest.rsplit(">>", 1)
    return before, secret, after


def redactor(*learned):
    made = Redactor()
    for value in learned:
        made.learn(value, False, "")
    made.freeze()
    return made


def test_every_format_has_an_example():
    assert {name for name, _ in EXAMPLES} == {format_.name for format_ in formats._knowledge().formats}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_found_by_its_format(name, example):
    before, secret, after = split(example)
    (number,) = [i for i, format_ in enumerate(formats._knowledge().formats) if format_.name == name]
    text = before + secret + after
    assert number in formats._prefilter().candidates(text)
    assert [text[start:end] for start, end in formats._spans(number, text)] == [secret]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_hidden_where_it_stands(name, example):
    before, secret, after = split(example)
    assert redactor().text(before + secret + after) == f"{before}(sensitive){after}"
    assert repr(redactor().mask(before + secret + after, path=("note",))) == "(sensitive)"


@pytest.mark.parametrize(
    "around",
    [
        lambda text: {"note": text},
        lambda text: {"note": ["first", {"deep": text}]},
        lambda text: {"note": json.dumps({"run": text, "b": [1]})},
        lambda text: {"note": "a: 1\nrun: " + json.dumps(text) + "\n"},
        lambda text: {"note": json.dumps([json.dumps({"run": text})])},
    ],
    ids=["text", "deep", "JSON", "YAML", "JSON in JSON"],
)
@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_hidden_elsewhere(name, example, around):
    before, secret, after = split(example)
    elsewhere = f"here is {secret} again"
    shows_itself = formats.find(elsewhere)
    assert shows_itself or redactor().text(elsewhere) == elsewhere
    assert is_ordinary(secret) or secret not in redactor(around(before + secret + after)).text(elsewhere)


@pytest.mark.parametrize(
    "value",
    [
        {"args": ["run", "--db-password", SECRET]},
        {"containers": [{"command": ["run", "-v", ["--db-password", SECRET]]}]},
        {"args": ["run", f"--db-password={SECRET}"]},
        {"args": json.dumps(["run", "--db-password", SECRET])},
        {"spec": json.dumps({"containers": [{"args": ["--db-password", SECRET]}]})},
        {"spec": f"containers:\n- args:\n  - --db-password\n  - {SECRET}\n"},
        {"settings": json.dumps({"psk": SECRET})},
        {"settings": '{"passw\\u006frd": "' + SECRET + '"}'},
    ],
)
def test_a_secret_in_a_structure_is_hidden_elsewhere(value):
    assert redactor(value).text(f"here is {SECRET} again") == "here is (sensitive) again"


def test_a_secret_in_a_marked_list_of_words_is_hidden_elsewhere():
    made = Redactor()
    made.learn({"args": ["--db-password", SECRET, "x"]}, {"args": [False, False, True]}, "")
    made.freeze()
    assert made.text(f"here is {SECRET} again") == "here is (sensitive) again"


@pytest.mark.parametrize(
    "text",
    [
        "helm install --existing-secret acme-db-creds",
        "run --image-pull-secret regcred-acme",
        "run --token-file /var/run/acme-token",
        "run --max-token 4096000",
        "run --password --verbose",
        "run --password $DB_PASSWORD",
        "module.spa-some-very-long-name-of-a-module-that-goes-on",
        "my-pa-some-long-name-of-a-module",
    ],
)
def test_what_only_looks_so_is_shown(text):
    assert redactor({"note": text}).text(text) == text


@pytest.fixture
def with_a_new_format(tmp_path, monkeypatch):
    """The shipped knowledge with one format more: `acme key <...>`, which no code knows of."""
    copy_tree(ROOT / "policies" / "knowledge", tmp_path / "knowledge")
    path = tmp_path / "knowledge" / "secret-formats.yaml"
    document = yaml.safe_load(path.read_text())
    document["formats"].append({"name": "acme", "regex": "(?i:acme) key (?P<secret>[a-z0-9]{8,20})!"})
    path.write_text(yaml.safe_dump(document))
    built = msgspec.json.decode(index.build(tmp_path), type=knowledge.Index)
    monkeypatch.setattr(knowledge, "index", lambda: built)
    caches = [formats._knowledge, formats._prefilter, formats._expression]
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("with_a_new_format")
def test_a_format_that_is_only_in_the_knowledge_is_hidden_and_learned():
    text = "ACME key x7rk2lm9qw!"
    assert redactor().text(text) == "ACME key (sensitive)!"
    for value in ({"note": text}, {"note": json.dumps({"a": [text]})}, {"note": f"a: 1\nb: {text}\n"}):
        assert redactor(value).text("here is x7rk2lm9qw again") == "here is (sensitive) again"
