"""No secret leaves: a canary is put where secrets stand, in real plans, and looked for in everything that is written."""

from __future__ import annotations

import base64
import functools
import json
import random
import string
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CORPUS
from tests.support.command import FIXTURES, FORMATS, corpus_plans, fixture_plans, plan_id, run_here

ALPHABET = string.ascii_letters + string.digits
SECRET_NAMES = {
    "access_token",
    "admin_password",
    "api_key",
    "auth_token",
    "client_secret",
    "connection_string",
    "db_password",
    "master_password",
    "master_user_password",
    "password",
    "primary_access_key",
    "private_key",
    "secret_key",
    "secret_string",
    "token",
}
"""Names under which nobody expects anything but a secret."""

SECRET_ATTRIBUTES = {
    ("aws_secretsmanager_secret_version", "secret_string"),
    ("aws_ssm_parameter", "value"),
    ("random_password", "result"),
    ("kubernetes_secret", "data"),
    ("kubernetes_secret_v1", "data"),
    ("tls_private_key", "private_key_pem"),
    ("google_secret_manager_secret_version", "secret_data"),
    ("azurerm_key_vault_secret", "value"),
}
"""Attributes that are secret by what their type is, whatever they are called."""

TOKENS: dict[str, Callable[[random.Random], str]] = {
    "GitHub": lambda rand: "ghp_" + _random(rand, 36),
    "AWS": lambda rand: "AKIA" + _random(rand, 16, string.ascii_uppercase + "234567"),
    "Slack": lambda rand: "xox" + "b-" + _random(rand, 12, string.digits) + "-" + _random(rand, 24),
    "PEM": lambda rand: "-----BEGIN PRIVATE" + " KEY-----\n" + _random(rand, 64) + "\n-----END PRIVATE" + " KEY-----\n",
    "GitLab": lambda rand: "glpat-" + _random(rand, 20),
    "JWT": lambda rand: ".".join(
        (_json64({"alg": "HS256", "r": _random(rand, 9)}), _json64({"sub": _random(rand, 9)}), _random(rand, 43))
    ),
    "URL": lambda rand: f"postgres://app:{_random(rand, 24)}@db.internal:5432/app",
}
"""Secrets that are known by their form, wherever they stand. All invented, when the test runs."""

PLANS = [*fixture_plans(), *corpus_plans()]
SHARDS = range(8)
"""Each test goes through every plan, in shares that can run beside each other."""

SIDES = ("before", "after")


def _random(rand: random.Random, length: int, alphabet: str = ALPHABET) -> str:
    return "".join(rand.choices(alphabet, k=length))


def _json64(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Canaries:
    """The canaries of one plan, each with the place it was put."""

    def __init__(self, seed: str) -> None:
        self._rand = random.Random(seed)
        self.placed: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        """A new secret that has no form: letters and digits, as a generator makes them."""
        secret = _random(self._rand, 28) + "9aZ"
        self.placed[secret] = place
        return secret

    def token(self, kind: str, place: str) -> str:
        """A new secret of a known form. What is looked for is its random part."""
        secret = TOKENS[kind](self._rand)
        core = secret.splitlines()[1] if kind == "PEM" else secret.partition("@")[0].rpartition(":")[2]
        self.placed[core] = f"{place} ({kind})"
        return secret

    def leaked(self, output: bytes) -> list[str]:
        """The places whose canary, a long piece of it, or a plain encoding of it stands in an output."""
        text = output.decode()
        joined = text.replace("\n", "").replace(" ", "")
        return [
            place
            for secret, place in self.placed.items()
            if any(form in text or form in joined for form in _forms(secret))
        ]


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, secret[:14], secret[-14:], urllib.parse.quote(secret, safe=""))
    yield base64.b64encode(secret.encode()).decode()[:18]
    yield secret.encode().hex()[:24]


def load(path: Path) -> dict[str, Any] | None:
    """A plan as plain data, or None for what is none."""
    try:
        plan = json.loads(path.read_bytes())
    except ValueError:
        return None
    return plan if isinstance(plan, dict) and isinstance(plan.get("resource_changes"), list) else None


def changes(plan: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every change with the type it belongs to."""
    for section in ("resource_changes", "resource_drift"):
        for resource in plan.get(section) or []:
            if isinstance(resource.get("change"), dict):
                yield resource.get("type") or "", resource["change"]
    for change in (plan.get("output_changes") or {}).values():
        yield "", change


def plant(value: Any, place: str, secret: Callable[[str], str | None]) -> Any:
    """The value with strings exchanged: `secret` is asked per place and may leave one alone."""
    if isinstance(value, dict):
        return {key: plant(below, f"{place}.{key}", secret) for key, below in value.items()}
    if isinstance(value, list):
        return [plant(below, f"{place}[{i}]", secret) for i, below in enumerate(value)]
    if isinstance(value, str):
        put = secret(place)
        return value if put is None else put
    return value


def marked(value: Any, marks: Any, place: str, canaries: Canaries) -> Any:
    """The value with a canary in every string that Terraform marks as sensitive."""
    if marks is True:
        return plant(value, place, canaries)
    if isinstance(value, dict) and isinstance(marks, dict):
        return {key: marked(below, marks.get(key), f"{place}.{key}", canaries) for key, below in value.items()}
    if isinstance(value, list) and isinstance(marks, list):
        rest = [*marks, *[None] * len(value)]
        return [marked(below, rest[i], f"{place}[{i}]", canaries) for i, below in enumerate(value)]
    return value


def review_everywhere(plan: dict[str, Any], folder: Path) -> bytes:
    """Everything that a review of the plan writes, in every format, to every place."""
    path = folder / "plan.json"
    path.write_text(json.dumps(plan, ensure_ascii=False))
    files = [part for name in FORMATS for part in ("-o", f"{name}={folder / name}")]
    written = run_here("review", path, "--all", *files).everything
    for name in FORMATS:
        written += run_here("review", path, "--format", name).everything
        written += (folder / name).read_bytes()
    return written


def plans(shard: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """One share of all plans, by name."""
    for path in PLANS[shard :: len(SHARDS)]:
        plan = load(path)
        if plan is not None:
            yield plan_id(path), plan


def check(name: str, plan: dict[str, Any], canaries: Canaries, folder: Path) -> int:
    """Review a plan that holds canaries; nothing may show one. Returns how many there were."""
    placed = len(canaries.placed)
    if placed:
        leaked = canaries.leaked(review_everywhere(plan, folder))
        assert not leaked, f"{name}: {len(leaked)} of {placed} leaked"
    canaries.placed.clear()
    return placed


@pytest.fixture
def canaries(request: pytest.FixtureRequest) -> Canaries:
    return Canaries(request.node.name)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where to write; its name is in the output, so it says nothing."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.mark.parametrize("shard", SHARDS)
def test_what_terraform_marks_never_leaves(shard: int, canaries: Canaries, folder: Path) -> None:
    placed = 0
    for name, plan in plans(shard):
        for _, change in changes(plan):
            for side in SIDES:
                change[side] = marked(change.get(side), change.get(f"{side}_sensitive"), side, canaries)
        placed += check(name, plan, canaries, folder)
    assert placed or len(PLANS) < 100


@pytest.mark.parametrize("shard", SHARDS)
def test_what_terraform_marks_never_leaves_through_its_copies(shard: int, canaries: Canaries, folder: Path) -> None:
    """One marked attribute; its value again in an unmarked one, in an output, in a check's message, in other words."""
    placed = 0
    for name, plan in plans(shard):
        targets = [change for _, change in changes(plan) if isinstance(change.get("after"), dict) and change["after"]]
        if not targets:
            continue
        secret = canaries("marked")
        targets[0]["after"]["credential_of_nobody"] = secret
        targets[0]["after_sensitive"] = {"credential_of_nobody": True}
        for change in targets:
            change["after"] |= copies(secret)
        plan["output_changes"] = {
            "copy": {"actions": ["create"], "before": None, "after": secret, "after_unknown": False}
        }
        plan["checks"] = [failed_check(f"{secret} is wrong")]
        placed += check(name, plan, canaries, folder)
    assert placed


def copies(secret: str) -> dict[str, Any]:
    """A secret where no mark follows it."""
    return {
        "copy": secret,
        "within": f"host=db password={secret};",
        "encoded": base64.b64encode(secret.encode()).decode(),
        "quoted": urllib.parse.quote(secret + "/", safe=""),
        "json": json.dumps({"settings": [{"x": secret}]}),
        "twice": json.dumps(json.dumps({"x": secret})),
        "map": {secret: 1},
    }


def failed_check(message: str) -> dict[str, Any]:
    """A check as a plan holds it."""
    address = {"kind": "check", "name": "c", "to_display": "check.c"}
    instance = {"address": {"to_display": "check.c"}, "status": "fail", "problems": [{"message": message}]}
    return {"address": address, "status": "fail", "instances": [instance]}


@pytest.mark.parametrize("shard", SHARDS)
def test_what_is_secret_by_name_or_type_never_leaves(shard: int, canaries: Canaries, folder: Path) -> None:
    placed = 0
    for name, plan in plans(shard):
        for type_, change in changes(plan):
            for side in SIDES:
                change[side] = plant(change.get(side), side, functools.partial(by_name, type_, canaries))
        placed += check(name, plan, canaries, folder)
    assert placed or len(PLANS) < 100


def by_name(type_: str, canaries: Canaries, place: str) -> str | None:
    """A canary where the last name of a place, or the attribute of that type, is a secret's."""
    parts = place.replace("[", ".").split(".")
    return canaries(place) if parts[-1] in SECRET_NAMES or (type_, *parts[1:2]) in SECRET_ATTRIBUTES else None


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_a_secret_name_hides_what_is_added_under_it(name: str, canaries: Canaries, folder: Path) -> None:
    plan = base()
    change = plan["resource_changes"][0]["change"]
    for side in SIDES:
        change[side][name] = canaries(name)
        change[side]["input"] |= {
            name: canaries(name),
            name.upper(): canaries(name),
            "env": [{"name": name.upper(), "value": canaries(name)}],
            "text": json.dumps({name: canaries(name)}),
            "yaml": f"settings:\n  {name}: {canaries(name)}\n",
        }
    check(name, plan, canaries, folder)


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("shape", ["{}", "#!/bin/sh\nexport KEY='{}'\nrun --now"], ids=["alone", "within"])
def test_a_secret_by_form_never_leaves_from_any_value(shape: str, kind: str, canaries: Canaries, folder: Path) -> None:
    placed = 0
    for name, plan in plans(list(TOKENS).index(kind)):
        for type_, change in changes(plan):
            for side in SIDES:
                change[side] = plant(
                    change.get(side), f"{type_}.{side}", lambda place: shape.format(canaries.token(kind, place))
                )
        placed += check(name, plan, canaries, folder)
    assert placed


def base() -> dict[str, Any]:
    """A small plan with an update, to put something into."""
    plan = load(FIXTURES / "update-in-place" / "plan.json")
    assert plan
    return plan


def test_the_lookout_sees_what_is_shown(canaries: Canaries, folder: Path) -> None:
    plan = base()
    plan["resource_changes"][0]["change"]["after"]["input"]["image"] = "gateway:" + canaries("image")[:14]

    assert canaries.leaked(review_everywhere(plan, folder)) == ["image"]


def _declared(plan: dict[str, Any], secret: str) -> None:
    plan["configuration"]["root_module"]["variables"] = {"login": {"sensitive": True}}
    plan["variables"] = {"login": {"value": secret}}


def _nested(plan: dict[str, Any], secret: str) -> None:
    plan["configuration"]["root_module"]["variables"] = {"login": {"sensitive": True}}
    plan["variables"] = {"login": {"value": {"a": [{"b": secret}]}}}


def _of_the_provider(plan: dict[str, Any], secret: str) -> None:
    plan["configuration"]["provider_config"]["x"] = {
        "name": "x",
        "full_name": "x",
        "expressions": {"password": {"constant_value": secret}},
    }


def _in_prior_state(plan: dict[str, Any], secret: str) -> None:
    plan["prior_state"]["values"]["root_module"]["resources"].append(_in_values(secret))


def _in_planned_values(plan: dict[str, Any], secret: str) -> None:
    plan["planned_values"]["root_module"].setdefault("child_modules", []).append({"resources": [_in_values(secret)]})


def _in_values(secret: str) -> dict[str, Any]:
    return {
        "address": "terraform_data.hidden",
        "mode": "managed",
        "type": "terraform_data",
        "name": "hidden",
        "values": {"input": secret},
        "sensitive_values": {"input": True},
    }


def _of_an_output(plan: dict[str, Any], secret: str) -> None:
    change = {
        "actions": ["create"],
        "before": None,
        "after": secret,
        "after_sensitive": True,
        "before_sensitive": False,
    }
    plan["output_changes"] = {"login": change}


def _of_drift(plan: dict[str, Any], secret: str) -> None:
    sides = {"before": {"input": "x"}, "after": {"input": secret}, "after_sensitive": {"input": True}}
    change = {"actions": ["update"], **sides, "before_sensitive": {}}
    plan["resource_drift"] = [{**plan["resource_changes"][1], "change": change}]


def _of_a_noop(plan: dict[str, Any], secret: str) -> None:
    change = plan["resource_changes"][1]["change"]
    for side in SIDES:
        change[side] = {"input": secret}
        change[f"{side}_sensitive"] = {"input": True}


@pytest.mark.parametrize(
    "learned",
    [_declared, _nested, _of_the_provider, _in_prior_state, _in_planned_values, _of_an_output, _of_drift, _of_a_noop],
)
def test_a_secret_known_from_elsewhere_in_the_plan_never_leaves(
    learned: Callable[[dict[str, Any], str], None], canaries: Canaries, folder: Path
) -> None:
    plan = base()
    secret = canaries(learned.__name__)
    learned(plan, secret)
    plan["resource_changes"][0]["change"]["after"]["input"]["image"] = f"gateway --login={secret}"
    plan["resource_changes"][0]["change"]["after"]["input"]["zones"] = ["a", secret]
    check(learned.__name__, plan, canaries, folder)


@pytest.mark.parametrize("kind", ["GitHub", "AWS", "Slack", "GitLab", "JWT"])
def test_a_token_never_leaves_from_names_and_messages(kind: str, canaries: Canaries, folder: Path) -> None:
    plan = base()
    first, second = plan["resource_changes"]
    token = canaries.token(kind, "key")
    first |= {"address": f'terraform_data.gateway["{token}"]', "index": token}
    first["change"]["after"]["input"][canaries.token(kind, "map key")] = "x"
    second["change"]["importing"] = {"id": canaries.token(kind, "import id")}
    plan["checks"] = [failed_check(canaries.token(kind, "message"))]
    plan["output_changes"] = {
        "o": {"actions": ["create"], "before": None, "after": canaries.token(kind, "output"), "after_unknown": False}
    }
    check(kind, plan, canaries, folder)


@pytest.mark.parametrize("stage", ["classify.terraform.plan.classify", "policy.evaluate.evaluate", "verdict.decide"])
def test_an_internal_error_tells_nothing(
    stage: str, canaries: Canaries, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = canaries("exception")

    def broken(*arguments: Any, **named: Any) -> Any:
        raise ValueError(f"{secret} {arguments!r} {named!r}")

    monkeypatch.setattr(f"plangate.{stage}", broken)
    path = FIXTURES / "sensitive" / "plan.json"
    done = run_here("review", path)

    assert done.code == 1
    assert b"internal error: ValueError in" in done.stderr
    assert not canaries.leaked(done.everything)
    assert b"invented" not in done.everything


@pytest.mark.parametrize("format_", FORMATS)
def test_a_report_that_breaks_tells_nothing(format_: str, canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = canaries("exception")

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(secret)

    monkeypatch.setattr(f"plangate.report.{'json_v1' if format_ == 'json' else format_}.render", broken)
    done = run_here("review", FIXTURES / "errored" / "plan.json", "--format", format_)

    assert (done.code, done.stdout) == (10, b"")
    assert not canaries.leaked(done.everything)


def test_nothing_that_the_pipeline_holds_has_a_secret_in_its_repr(folder: Path) -> None:
    from plangate.model.verdict import Options
    from plangate.pipeline import review
    from plangate.policy.load import load as load_policies

    path = FIXTURES / "sensitive" / "plan.json"
    request = review.Request(
        inputs=(str(path),), policies=load_policies(()), options=Options(created_at="2026-01-31T12:00:00Z")
    )

    assert "invented" not in repr(review.review(request))


def test_invented_secrets_of_the_fixtures_never_leave(folder: Path) -> None:
    for path in fixture_plans():
        plan = load(path)
        if plan is not None:
            assert b"invented" not in review_everywhere(plan, folder)


def test_secrets_of_a_stream_never_leave(canaries: Canaries, folder: Path) -> None:
    """A stream holds diagnostics, with snippets and values of what they are about."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not here")
    for path in sorted(CORPUS.glob("terraform-plans/**/plan.ndjson"))[::5]:
        lines = [json.loads(line) for line in path.read_bytes().splitlines() if line.startswith(b"{")]
        for line in lines:
            if "diagnostic" in line:
                line["diagnostic"]["detail"] = f"token is {canaries.token('GitHub', plan_id(path))}"
        (folder / "plan.ndjson").write_text("\n".join(map(json.dumps, lines)))
        written = b"".join(run_here("review", folder / "plan.ndjson", "--format", name).everything for name in FORMATS)
        assert not canaries.leaked(written)
