"""A new secret in every form, and again where nothing tells: no command and no format shows it, nor any plain form of it."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.test_canaries import Canaries
from tests.support.command import AS_OF, FORMATS, run, run_here
from tests.support.secret_forms import FORMS
from tests.support.stand_ins import cluster

SEED = "".join(random.SystemRandom().choices(string.ascii_lowercase, k=12))
"""Other secrets in each run: a message of a failure names it."""


@pytest.fixture
def canaries() -> Canaries:
    return Canaries(SEED)


def objects(canaries: Canaries) -> Iterator[tuple[str, Any, str]]:
    """A name, a value with a secret in some form, and a text that repeats the secret."""
    for name, form in FORMS.items():
        secret = canaries(name)
        yield name.replace(" ", "-"), form(secret), f"job {secret} runs"


def plan(canaries: Canaries) -> dict[str, Any]:
    """Each form in a resource that changes, the repetition in another, both sides with secrets of their own."""
    before, after = list(objects(canaries)), list(objects(canaries))
    changes = []
    for (name, old, old_bare), (_, new, new_bare) in zip(before, after, strict=True):
        changes.append(resource(f"terraform_data.form[{json.dumps(name)}]", {"input": old}, {"input": new}))
        changes.append(resource(f"terraform_data.bare[{json.dumps(name)}]", {"input": old_bare}, {"input": new_bare}))
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "configuration": {"root_module": {}},
        "resource_changes": changes,
        "complete": True,
        "applyable": True,
        "errored": False,
    }


def resource(address: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": "terraform_data",
        "name": address.partition(".")[2].partition("[")[0],
        "provider_name": "terraform.io/builtin/terraform",
        "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": {}},
    }


def leaks(canaries: Canaries, written: bytes) -> list[str]:
    return [f"{place} (seed {SEED})" for place in canaries.leaked(written)]


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_review_explain_and_merge(canaries: Canaries, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan(canaries)))
    out = tmp_path / "out"
    out.mkdir()
    files = [part for name in FORMATS for part in ("-o", f"{name}={out / name}")]
    written = run_here("review", tmp_path / "plan.json", "--all", "--as-of", AS_OF, *files).everything
    verdict = json.loads((out / "json").read_bytes())
    assert len(verdict["changes"]) == 2 * len(FORMS)
    for number in range(1, min(len(verdict["findings"]), 3) + 1):
        written += run_here("explain", out / "json", str(number)).everything
    written += run_here("explain", out / "json", verdict["changes"][0]["address"]).everything
    files = [part for name in FORMATS for part in ("-o", f"{name}={out / f'merged-{name}'}")]
    written += run_here("merge", out / "json", *files).everything
    assert leaks(canaries, written + everything(out)) == []


def manifest(canaries: Canaries) -> str:
    documents = []
    for name, value, bare in objects(canaries):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        data = {"form": text, "bare": bare}
        documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name.lower()}, "data": data})
    return "---\n".join(yaml.safe_dump(document, allow_unicode=True) for document in documents)


def test_an_upgrade(canaries: Canaries, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(manifest(canaries))
    (tmp_path / "old.yaml").write_text(manifest(canaries))
    out = tmp_path / "out"
    out.mkdir()
    files = [part for name in FORMATS for part in ("-o", f"{name}={out / name}")]
    done = run_here(
        "review", tmp_path / "new.yaml", "--manifest", tmp_path / "old.yaml", "--all", "--as-of", AS_OF, *files
    )
    verdict = json.loads((out / "json").read_bytes())
    assert len(verdict["changes"]) == len({name.lower() for name in FORMS})
    assert leaks(canaries, done.everything + everything(out)) == []


def test_what_is_the_same_on_both_sides_is_learned(canaries: Canaries, tmp_path: Path) -> None:
    """What a form hides in an object that nobody looks at stands again in one that changes."""
    same, bare = "", {}
    for name, value, text in objects(canaries):
        data = {"form": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name.lower()}, "data": data}
        same += "---\n" + yaml.safe_dump(document, allow_unicode=True, default_style="|", width=10_000)
        bare[name] = text
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bare"}, "data": bare}
    (tmp_path / "new.yaml").write_text(same + "---\n" + yaml.safe_dump(config))
    config["data"] = dict.fromkeys(bare, "none")
    (tmp_path / "old.yaml").write_text(same + "---\n" + yaml.safe_dump(config))
    done = run_here("review", tmp_path / "new.yaml", "--manifest", tmp_path / "old.yaml", "--all", "--as-of", AS_OF)
    assert leaks(canaries, done.everything) == []


@pytest.mark.parametrize("key", ["", "a key of ours"])
def test_collect(canaries: Canaries, tmp_path: Path, key: str) -> None:
    cluster(tmp_path)
    (tmp_path / "bin" / "manifest.yaml").write_text(manifest(canaries))
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value, _ in objects(canaries)}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "prod"}, "data": data}
    (tmp_path / "bin" / "config.json").write_text(json.dumps(config))
    out = tmp_path / "evidence"
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "PLANGATE_KEY": key}
    done = run("collect", "prod/web", "--out", out, "--as-of", AS_OF, env=env, cwd=tmp_path)
    assert (out / "prod" / "web" / "manifest.yaml").exists()
    assert leaks(canaries, done.everything + everything(out)) == []


def test_drift(canaries: Canaries, tmp_path: Path) -> None:
    def values() -> dict[str, Any]:
        return {name: {"form": value, "bare": bare} for name, value, bare in objects(canaries)}

    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values(), allow_unicode=True))
    (tmp_path / "live.json").write_text(json.dumps(values()))
    (tmp_path / "history.json").write_text('[{"revision":1,"status":"deployed","chart":"web-1.0.0"}]')
    given = ("--values", tmp_path / "values.yaml", "--live-values", tmp_path / "live.json")
    written = b""
    for format_ in ("json", "text", "markdown"):
        done = run_here(
            "drift", "--release", "prod/web", *given, "--history", tmp_path / "history.json", "--format", format_
        )
        assert done.stdout
        written += done.everything
    assert leaks(canaries, written) == []
