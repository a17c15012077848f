from __future__ import annotations

import base64
import json
import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plangate.ingest.redact.ordinary import is_ordinary
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.redact.secret_scan import SensitiveObject, scan
from plangate.model.values import UNKNOWN, Embedded, Sensitive, Value

SECRET = "x7Rk2Lm9Qw4Zt8V"
OTHER = "Zk81qqv7Pn33"
AWS_KEY = "AKIA" + "Q3EGRIVKZ7XJ5T2M"


def mask(value: Any, *, path: tuple[str | int, ...] = ("input",), known: tuple[str, ...] = (), **marks: Any) -> Value:
    redactor = Redactor()
    redactor.learn_secret(list(known))
    redactor.freeze()
    return redactor.mask(value, path=path, **marks)


def plain(value: Value) -> Any:
    """The masked value as JSON data, as a report would show it."""
    if isinstance(value, Embedded):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [plain(below) for below in value]
    return value if isinstance(value, (str, int, Decimal, type(None))) else repr(value)


# --- marks -------------------------------------------------------------------------------------------------------------


def test_marked_leaves_are_hidden_and_others_stay() -> None:
    value = {"user": "app", "pass": "s3", "ports": [80, 443], "on": True}
    masked = mask(value, sensitive={"pass": True, "ports": [False, True], "on": True})
    assert plain(masked) == {"user": "app", "pass": "(sensitive)", "ports": [80, "(sensitive)"], "on": "(sensitive)"}


def test_a_marked_subtree_is_hidden_whole() -> None:
    assert plain(mask({"a": {"b": [1, 2]}}, sensitive={"a": True})) == {"a": "(sensitive)"}
    assert plain(mask({"a": 1}, sensitive=True)) == "(sensitive)"


@pytest.mark.parametrize(
    ("value", "sensitive"),
    [
        ({"a": "text"}, [True]),
        (["text"], {"a": True}),
        ("text", {"a": True}),
        ("text", [False, [{"a": True}]]),
        (5, [True]),
        ({"a": ["text"]}, {"a": {"b": True}}),
        ("text", "true"),
        ("text", 1),
    ],
)
def test_marks_that_do_not_fit_hide_everything_below(value: Any, sensitive: Any) -> None:
    assert "text" not in repr(mask(value, sensitive=sensitive))
    assert "(sensitive)" in repr(mask(value, sensitive=sensitive))


@pytest.mark.parametrize("sensitive", [False, None, {}, [], {"a": False}, [False, {}], {"a": {}}, {"b": [[]]}])
def test_marks_that_say_nothing_hide_nothing(sensitive: Any) -> None:
    assert mask("text", sensitive=sensitive) == "text"
    assert mask({"a": ["text"]}, sensitive=sensitive) == {"a": ["text"]}


def test_a_marked_null_stays_null_and_a_marked_empty_string_is_hidden() -> None:
    assert mask(None, sensitive=True) is None
    assert plain(mask("", sensitive=True)) == "(sensitive)"


# --- unknown -----------------------------------------------------------------------------------------------------------


def test_what_is_unknown_is_unknown_also_where_the_value_leaves_it_out() -> None:
    masked = mask({"a": 1, "l": [1, None]}, unknown={"b": True, "c": {"d": True}, "l": [False, True, True], "e": False})
    assert masked == {"a": 1, "b": UNKNOWN, "c": {"d": UNKNOWN}, "l": [1, UNKNOWN, UNKNOWN]}


def test_an_absent_value_with_unknown_parts_is_made_of_them() -> None:
    assert mask(None, unknown={"a": True}) == {"a": UNKNOWN}
    assert mask(None, unknown=[False, True]) == [None, UNKNOWN]
    assert mask(None, unknown={"a": False}) is None
    assert mask(None, unknown=True) is UNKNOWN


def test_unknown_wins_over_sensitive() -> None:
    assert mask({"a": "x"}, unknown={"b": True}, sensitive=True) is UNKNOWN
    assert mask({}, unknown={"password": True}) == {"password": UNKNOWN}


# --- names, types, forms -----------------------------------------------------------------------------------------------


def test_secret_names_hide_their_values_at_any_depth() -> None:
    value = {"db": [{"password": "p", "port": 5432, "dbPassword": 1234, "use_password": True}], "secret_name": "db"}
    assert plain(mask(value)) == {
        "db": [{"password": "(sensitive)", "port": 5432, "dbPassword": "(sensitive)", "use_password": True}],
        "secret_name": "db",
    }


def test_below_a_secret_name_only_plain_keys_are_shown() -> None:
    value = {
        "credentials": {"username": "app", "value": "abc", "file": "x.json", "enabled": True, "nested": {"a": "b"}}
    }
    assert plain(mask(value)) == {
        "credentials": {
            "username": "app",
            "value": "(sensitive)",
            "file": "x.json",
            "enabled": True,
            "nested": {"a": "(sensitive)"},
        }
    }


def test_a_reference_to_a_kubernetes_secret_is_shown() -> None:
    value = {"env": [{"name": "DB_PASSWORD", "value_from": [{"secret_key_ref": [{"name": "db", "key": "password"}]}]}]}
    assert mask(value) == value
    volume = {"volumes": [{"name": "v", "secret": {"secretName": "db", "optional": False}}]}
    assert mask(volume) == volume


@pytest.mark.parametrize(
    ("pair", "hidden"),
    [
        ({"name": "DB_PASSWORD", "value": "abc"}, True),
        ({"name": "auth.password", "value": "abc"}, True),
        ({"Key": "ApiToken", "Value": "abc"}, True),
        ({"ParameterKey": "DbPassword", "ParameterValue": "abc"}, True),
        ({"key": "DB_PASSWORD", "val": "abc"}, True),
        ({"name": "LOG_LEVEL", "value": "abc"}, False),
        ({"name": "auth.enabled", "value": "true"}, False),
        ({"name": "secret.name", "value": "abc"}, False),
        ({"key": "Owner", "value": "abc"}, False),
    ],
)
def test_a_value_is_judged_by_the_name_beside_it(pair: dict[str, str], hidden: bool) -> None:
    assert ("(sensitive)" in repr(mask([pair]))) is hidden


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["app", "--db-password", "abc", "--port", "80"], ["app", "--db-password", "(sensitive)", "--port", "80"]),
        (["--token", "--verbose", "abc"], ["--token", "(sensitive)", "abc"]),
        (["-password", "$(DB_PASSWORD)"], ["-password", "$(DB_PASSWORD)"]),
        (["password", "abc"], ["password", "abc"]),
        (["--secret-name", "abc"], ["--secret-name", "abc"]),
        (["x", "--password"], ["x", "--password"]),
    ],
)
def test_what_follows_an_option_that_takes_a_secret_is_hidden(words: list[str], shown: list[str]) -> None:
    assert plain(mask(words)) == shown


def test_helm_set_values_are_judged_by_their_path() -> None:
    value = [{"name": "db.password", "value": "abc", "type": "string"}]
    assert plain(mask(value, type_="helm_release", path=("set",))) == [
        {"name": "db.password", "value": "(sensitive)", "type": "string"}
    ]
    assert plain(mask([{"name": "a.b", "value": "abc"}], type_="helm_release", path=("set_sensitive",))) == [
        {"name": "a.b", "value": "(sensitive)"}
    ]


def test_a_type_hides_an_attribute_whatever_it_is_called() -> None:
    assert plain(mask("abc", type_="random_password", path=("result",))) == "(sensitive)"
    assert plain(mask({"a": "abc"}, type_="kubernetes_secret", path=("data",))) == "(sensitive)"
    assert mask(None, type_="kubernetes_secret", path=("data",)) is None
    assert mask("abc", type_="random_pet", path=("result",)) == "abc"


@pytest.mark.parametrize(
    "value",
    [
        AWS_KEY,
        f"export AWS_ACCESS_KEY_ID={AWS_KEY}",
        "postgres://app:" + "pw@db/app",
        base64.b64encode(f"key {AWS_KEY}".encode()).decode(),
        base64.b64encode(b'{"password": "letmein"}').decode(),
        base64.b64encode(base64.b64encode(b"#!/bin/sh\nexport DB_PASSWORD=letmein9x\n")).decode(),
    ],
)
def test_a_known_form_hides_the_whole_string(value: str) -> None:
    assert plain(mask(value)) == "(sensitive)"


@pytest.mark.parametrize(
    "value",
    [
        "t3.micro",
        "arn:aws:iam::000000000000:role/token-service",
        "#!/bin/bash\necho hello world\n",
        base64.b64encode(b"#!/bin/bash\necho hello world\n").decode(),
        "https://example.com/path?x=1",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "",
        "(sensitive)",
        "{not json",
        "a: b",
    ],
)
def test_an_ordinary_string_stays_as_it_is(value: str) -> None:
    assert mask(value) == value


@pytest.mark.parametrize(
    "number", [0, -1, 2**53 + 1, 10**400, Decimal("0.1"), Decimal("1e-320"), Decimal("1." + "3" * 150)]
)
def test_numbers_stay_exact(number: int | Decimal) -> None:
    masked = mask({"a": [number]})
    assert masked == {"a": [number]}
    assert str(masked["a"][0]) == str(number)  # type: ignore[index, call-overload]


# --- structure in strings ----------------------------------------------------------------------------------------------


def test_json_in_a_string_becomes_its_masked_structure() -> None:
    masked = mask('{"Statement": [{"Effect": "Allow"}], "password": "abc", "n": 1.50}', path=("policy",))
    assert masked == Embedded(
        "json",
        {"Statement": [{"Effect": "Allow"}], "password": masked.value["password"], "n": Decimal("1.50")},  # type: ignore[union-attr, index, call-overload]
    )
    assert plain(masked)["password"] == "(sensitive)"
    assert isinstance(masked, Embedded)
    assert masked.kind == "json"


def test_yaml_in_a_string_becomes_its_masked_structure() -> None:
    text = "# values\nreplicaCount: 3\nimage:\n  tag: '1.10'\ndb:\n  password: abc\n  url: ''\nflag: true\nnone: ~\nratio: 0.10\nyes: no\n"
    masked = mask([text], path=("values",))
    assert plain(masked) == [
        {
            "replicaCount": 3,
            "image": {"tag": "1.10"},
            "db": {"password": "(sensitive)", "url": ""},
            "flag": True,
            "none": None,
            "ratio": Decimal("0.10"),
            "yes": "no",
        }
    ]


def test_several_yaml_documents_become_a_list() -> None:
    assert plain(mask("---\na: 1\n---\nb: 2\n")) == [{"a": 1}, {"b": 2}]


def test_yaml_anchors_and_merge_keys_are_followed() -> None:
    text = "base: &b\n  token: abc\n  n: 1\nuse:\n  <<: *b\n  n: 2\nagain: *b\n"
    shown = {"token": "(sensitive)", "n": 1}
    assert plain(mask(text)) == {"base": shown, "use": {**shown, "n": 2}, "again": shown}


@pytest.mark.parametrize(
    "text",
    [
        "a:\n" + "[" * 50_000,
        "a: " + "{b: " * 200 + "\n",
        "a: &a [x]\n"
        + "".join(
            f"b{i}: &{'abcdefghij'[i]}{i} [{', '.join(['*' + ('a' if i == 0 else 'abcdefghij'[i - 1] + str(i - 1))] * 30)}]\n"
            for i in range(9)
        ),
        "a: &a\n  b: *a\n",
        "a: !!python/object/apply:os.system [id]\nb: 1\n",
        "a: b: c\nd: e\n",
        "a: 1\n\x1b[0m",
        "a: " + "9" * 5000 + "\n",
    ],
    ids=range(8),
)
def test_hostile_yaml_is_only_a_string_or_a_structure(text: str) -> None:
    assert isinstance(mask(text), (str, Embedded))


def test_structure_nested_too_deep_in_strings_is_hidden() -> None:
    value = json.dumps({"password": "letmein"})
    for _ in range(8):
        value = json.dumps({"v": value})
    assert "letmein" not in repr(mask(value))
    assert "(sensitive)" in repr(mask(value))


def test_a_structure_nested_too_deep_is_hidden() -> None:
    value: Any = "abc"
    for _ in range(300):
        value = [value]
    assert "abc" not in repr(mask(value))


# --- known secrets elsewhere -------------------------------------------------------------------------------------------


def test_a_secret_that_was_marked_once_is_hidden_everywhere() -> None:
    redactor = Redactor()
    redactor.learn({"input": SECRET, "name": "web"}, {"input": True}, "terraform_data")
    redactor.learn({"output": SECRET}, False, "terraform_data")
    redactor.learn({"db": {"password": OTHER}}, False, "custom_thing")
    redactor.freeze()
    value = {
        "output": SECRET,
        "command": f"run --with {SECRET}",
        "url": f"https://h/{OTHER}/x",
        "json": json.dumps({"deep": [SECRET, "ok"]}),
        SECRET: "as a key",
        "name": "web",
    }
    assert plain(redactor.mask(value, path=("triggers",))) == {
        "output": "(sensitive)",
        "command": "(sensitive)",
        "url": "(sensitive)",
        "json": {"deep": ["(sensitive)", "ok"]},
        "(sensitive)": "as a key",
        "name": "web",
    }


def test_keys_that_are_hidden_stay_apart() -> None:
    masked = mask({AWS_KEY: 1, AWS_KEY[:-1] + "N": 2, "a": 3})
    assert masked == {"(sensitive)": 1, "(sensitive) 2": 2, "a": 3}


def test_the_password_of_a_connection_string_is_hidden_where_it_stands_alone() -> None:
    redactor = Redactor()
    redactor.learn({"settings": {"DATABASE": f"postgres://app:{SECRET}@db/app"}}, False, "x")
    redactor.learn({"v": "user: a\nzzz:\n  password: " + OTHER + "\n"}, False, "x")
    redactor.freeze()
    assert plain(redactor.mask([SECRET, OTHER, "db"], path=("x",))) == ["(sensitive)", "(sensitive)", "db"]


def test_a_sensitive_user_name_does_not_blank_the_report() -> None:
    redactor = Redactor()
    redactor.learn(
        {"user": "litellm", "port": 5432, "on": True, "region": "eu-west-1"},
        {"user": True, "port": True, "on": True, "region": True},
        "x",
    )
    redactor.freeze()
    value = {"name": "litellm", "ns": "litellm-prod", "port": 5432, "on": True, "region": "eu-west-1"}
    assert redactor.mask(value, path=("x",)) == value


def test_everything_under_a_secret_variable_is_learned() -> None:
    assert plain(mask(["u", SECRET, OTHER], known=(SECRET, OTHER))) == ["u", "(sensitive)", "(sensitive)"]


# --- free text and names -----------------------------------------------------------------------------------------------


def test_free_text_keeps_all_but_the_secret() -> None:
    redactor = Redactor()
    redactor.learn_secret(SECRET)
    redactor.freeze()
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    assert redactor.text(f"no {SECRET}, no {AWS_KEY}!") == "no (sensitive), no (sensitive)!"
    assert SECRET not in redactor.text(f"Basic {encoded}")
    assert encoded not in redactor.text(f"sent {encoded} to it")
    assert redactor.text("postgres://app:" + "pw@db/app is down") == "postgres://app:(sensitive)@db/app is down"
    assert redactor.text("replicas must be 3") == "replicas must be 3"


def test_an_address_loses_only_tokens_of_known_forms() -> None:
    redactor = Redactor()
    redactor.learn_secret(["prod-db-1", SECRET])
    redactor.freeze()
    assert redactor.name('aws_db_instance.password["prod-db-1"]') == 'aws_db_instance.password["prod-db-1"]'
    assert redactor.name(f'x.y["{AWS_KEY}"]') == 'x.y["(sensitive)"]'


# --- tokens, safety ----------------------------------------------------------------------------------------------------


def test_equal_values_get_equal_tokens_and_others_do_not() -> None:
    redactor = Redactor()
    redactor.freeze()
    hide = lambda value: redactor.mask(value, sensitive=True, path=("a",))  # noqa: E731
    assert hide("a") == hide("a")
    assert hide(1) == hide(Decimal("1.0"))
    assert hide({"a": 1, "b": [True]}) == hide({"b": [True], "a": Decimal("1.00")})
    different = ["1", 1, True, [1], {"a": 1}, "true", [], {}, "", [[1]], ["1"]]
    assert len({hide(value) for value in different}) == len(different)


def test_representations_tell_nothing() -> None:
    redactor = Redactor()
    redactor.learn_secret(SECRET)
    redactor.freeze()
    assert SECRET not in repr(redactor) + repr(redactor.mask(SECRET, path=("x",)))


def test_masking_works_without_secrets() -> None:
    redactor = Redactor()
    redactor.freeze()
    assert redactor.mask({"a": ["b"]}) == {"a": ["b"]}


def test_nothing_is_masked_before_everything_is_learned() -> None:
    with pytest.raises(RuntimeError, match="before all of them were learned"):
        Redactor().mask({"a": ["b"]})


def test_what_was_scanned_elsewhere_is_hidden_too() -> None:
    redactor = Redactor()
    redactor.learn({"token": "zW4-aaQ7-staple"}, False, "")
    note = {"password": "kX9-vTq2-horse", "note": "postgres://app:hunter22secret@db/x"}
    redactor.freeze(lambda: scan([SensitiveObject(note, False, "")]))
    texts = ["kX9-vTq2-horse", "hunter22secret", "zW4-aaQ7-staple", "nothing here"]
    assert [redactor.text(text) for text in texts] == ["(sensitive)", "(sensitive)", "(sensitive)", "nothing here"]


def test_several_names_come_back_as_each_by_itself() -> None:
    redactor = Redactor()
    redactor.freeze()
    names = ("module.a.x.y", "", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "db")
    assert redactor.names(*names) == [redactor.name(name) for name in names]
    assert redactor.names("a", "b") == ["a", "b"]


# --- properties --------------------------------------------------------------------------------------------------------

ALPHABET = string.ascii_letters + string.digits + "-_.:/+ \"\\\n{}[]%&<>'é"
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(ALPHABET, max_size=40),
)
KEY = st.sampled_from(["a", "b", "name", "value", "password", "tags", "enable_token", "data"])
TREE = st.recursive(
    LEAF, lambda below: st.lists(below, max_size=4) | st.dictionaries(KEY, below, max_size=4), max_leaves=20
)
MARKS = st.recursive(
    st.booleans(), lambda below: st.lists(below, max_size=4) | st.dictionaries(KEY, below, max_size=4), max_leaves=12
)


def hidden_strings(value: Any, marks: Any) -> list[str]:
    """The strings that a tree of marks hides."""
    if marks is True:
        return all_strings(value)
    if isinstance(value, dict) and isinstance(marks, dict):
        return [text for key in value for text in hidden_strings(value[key], marks.get(key, False))]
    if isinstance(value, list) and isinstance(marks, list):
        return [text for below, mark in zip(value, marks, strict=False) for text in hidden_strings(below, mark)]
    return []


def all_strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for below in value.values() for text in all_strings(below)]
    if isinstance(value, list):
        return [text for below in value for text in all_strings(below)]
    return [value] if isinstance(value, str) else []


def shown_strings(value: Value) -> list[str]:
    """Every string that a report could print."""
    if isinstance(value, Embedded):
        return shown_strings(value.value)
    if isinstance(value, dict):
        return [text for key, below in value.items() for text in (key, *shown_strings(below))]
    if isinstance(value, list):
        return [text for below in value for text in shown_strings(below)]
    return [value] if isinstance(value, str) else []


@settings(max_examples=300, deadline=None)
@given(value=TREE, marks=MARKS, unknown=MARKS)
def test_any_tree_with_any_marks_is_masked(value: Any, marks: Any, unknown: Any) -> None:
    redactor = Redactor()
    redactor.learn(value, marks, "x")
    redactor.freeze()
    shown = shown_strings(redactor.mask(value, sensitive=marks, unknown=unknown))
    for secret in hidden_strings(value, marks):
        if len(secret.strip()) >= 6 and not is_ordinary(secret):
            assert secret not in shown


@settings(max_examples=200, deadline=None)
@given(
    secret=st.text(string.ascii_letters + string.digits + "!#%+/=", min_size=12, max_size=40).filter(
        lambda text: sum(map(str.isdecimal, text)) >= 3 and sum(map(str.isalpha, text)) >= 5
    ),
    before=st.text(ALPHABET, max_size=12),
    after=st.text(ALPHABET, max_size=12),
)
def test_a_known_secret_is_hidden_in_any_surroundings(secret: str, before: str, after: str) -> None:
    if is_ordinary(secret):
        return
    redactor = Redactor()
    redactor.learn_secret(secret)
    redactor.freeze()
    surroundings = [
        before + " " + secret + " " + after,
        "/" + secret,
        json.dumps({"k": secret, "l": before}),
        base64.b64encode(secret.encode()).decode(),
    ]
    masked = redactor.mask(surroundings, path=("x",))
    assert not any(secret in text for text in shown_strings(masked))
    assert not any(base64.b64encode(secret.encode()).decode() in text for text in shown_strings(masked))
    assert secret not in redactor.text(" ".join(surroundings))


@settings(max_examples=200, deadline=None)
@given(value=TREE, marks=MARKS)
def test_masking_what_is_masked_changes_nothing(value: Any, marks: Any) -> None:
    redactor = Redactor()
    redactor.learn(value, marks, "x")
    redactor.freeze()
    once = redactor.mask(value, sensitive=marks)
    assert redactor.mask(once) == once


@settings(max_examples=200, deadline=None)
@given(
    value=st.recursive(
        LEAF.filter(lambda leaf: not isinstance(leaf, str) or leaf.isalnum()),
        lambda below: (
            st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "size"]), below, max_size=4)
        ),
    )
)
def test_what_is_not_secret_comes_out_as_it_went_in(value: Any) -> None:
    def same(one: Any, other: Any) -> bool:
        if isinstance(one, Sensitive):
            return isinstance(other, str) and len(other) >= 6
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same, one, other))
        return type(one) is type(other) and str(one) == str(other)

    assert same(mask(value), value)


@settings(max_examples=200, deadline=None)
@given(one=TREE, other=TREE)
def test_tokens_are_equal_exactly_when_values_are(one: Any, other: Any) -> None:
    redactor = Redactor()
    first, second = (redactor.mask([value], sensitive=True) for value in (one, other))
    assert (first == second) is (_exactly(one) == _exactly(other))


def _exactly(value: Any) -> Any:
    """A stand-in that keeps apart what JSON keeps apart and Python does not."""
    if isinstance(value, dict):
        return {key: _exactly(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_exactly(below) for below in value]
    return (isinstance(value, bool), value)


@pytest.mark.parametrize(
    "line",
    [
        'echo "root:{}" | chpasswd',
        "echo app:{} |  sudo chpasswd",
        "mysql -uroot -p{} shop",
        "mysqldump --host db -p{}",
        "net user admin {} /add",
        "<db><password>{}</password></db>",
        '<add key="ApiSecret" value="{}" />',
    ],
)
def test_a_password_on_a_command_line_is_hidden(line: str) -> None:
    redactor = Redactor()
    redactor.freeze()
    assert "Pw-invented-77" not in redactor.text(line.format("Pw-invented-77"))


def test_a_weak_name_hides_its_own_value_and_no_other_one():
    redactor = Redactor()
    value = "Zk8notreal41qWx7"
    redactor.learn({"session": value}, None, "")
    redactor.freeze()
    masked = redactor.mask({"session": value, "note": value})
    assert isinstance(masked, dict)
    assert isinstance(masked["session"], Sensitive)
    assert masked["note"] == value


@pytest.mark.parametrize("value", ["acme/vault:1.20.4", "registry.example.org", "registry.example.org:5000"])
def test_images_and_hosts_are_not_looked_for_elsewhere(value):
    redactor = Redactor()
    redactor.learn({"token": value}, None, "")
    redactor.freeze()
    assert redactor.mask({"note": value}) == {"note": value}


def test_a_secret_in_a_key_is_hidden_elsewhere_too():
    value = {"tags": {f"password={SECRET}": "x"}, "note": f"it is {SECRET}"}
    redactor = Redactor()
    redactor.learn(value, False, "acme_thing")
    redactor.freeze()
    assert SECRET not in str(plain(redactor.mask(value)))
