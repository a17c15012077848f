"""`plangate verify`: 0 only where it is the plan that was reviewed, from the same state, while the verdict may be relied on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from msgspec import structs

from plangate.pipeline import verify
from plangate.report import json_v1
from tests.support.command import AS_OF, FIXTURES, run_here

LATER = "2026-01-31T13:00:00Z"
PLAN = FIXTURES / "update-in-place" / "plan.json"
STATE = FIXTURES / "update-in-place" / "state.tfstate"


def review(folder: Path, *arguments: object) -> Path:
    path = folder / "verdict.json"
    done = run_here("review", *arguments, "--as-of", AS_OF, "-o", f"json={path}")
    assert done.code in (0, 4, 10), done.stderr
    return path


def verified(path: Path, *arguments: object, at: str = LATER) -> tuple[int, str]:
    done = run_here("verify", path, *arguments, "--as-of", at)
    return done.code, done.stdout.decode()


def changed(folder: Path, edit, name: str = "other.json", plan: Path = PLAN) -> Path:
    whole = json.loads(plan.read_bytes())
    edit(whole)
    path = folder / name
    path.write_text(json.dumps(whole))
    return path


def test_the_same_plan_of_the_same_state_is_the_same(tmp_path):
    path = review(tmp_path, PLAN, "--state", STATE)
    fingerprint = json.loads(path.read_bytes())["binding"]["fingerprint"][:12]
    said = f" SAME   plan {fingerprint}, reviewed {AS_OF}: pass\n"
    assert verified(path, "--plan", PLAN, "--state", STATE) == (0, said)


def test_order_times_and_warnings_do_not_matter(tmp_path):
    def edit(plan):
        plan["timestamp"] = "2026-01-31T12:34:56Z"
        plan["resource_changes"].reverse()
        plan["terraform_version"] = "1.11.5"
        plan["checks"] = []
        for name in ("relevant_attributes", "planned_values"):
            plan[name] = plan.pop(name, [])

    path = review(tmp_path, PLAN, "--state", STATE)
    code, said = verified(path, "--plan", changed(tmp_path, edit), "--state", STATE)
    assert (code, said.split()[0]) == (0, "SAME")


def test_the_time_of_the_plan_inside_of_values_does_not_matter(tmp_path):
    made = json.loads(PLAN.read_bytes())["timestamp"]

    def stamped(moment):
        def edit(plan):
            plan["timestamp"] = moment
            plan["resource_changes"][0]["change"]["after"]["input"] = moment

        return edit

    path = review(tmp_path, changed(tmp_path, stamped(made), "one.json"), "--state", STATE)
    other = changed(tmp_path, stamped("2026-01-31T12:34:56Z"))
    assert verified(path, "--plan", other, "--state", STATE)[0] == 0
    fixed = changed(tmp_path, lambda plan: (stamped("2026-01-31T12:34:56Z")(plan), plan.update(timestamp=made)))
    assert verified(path, "--plan", fixed, "--state", STATE)[0] == 10


def test_what_differs_is_shown(tmp_path):
    def edit(plan):
        first = plan["resource_changes"][0]
        first["change"]["after"]["input"] = "something else"
        copy = json.loads(json.dumps(first))
        copy.update(address="terraform_data.new", name="new")
        copy["change"].update(actions=["create"], before=None)
        plan["resource_changes"].append(copy)

    path = review(tmp_path, PLAN, "--state", STATE)
    address = json.loads(path.read_bytes())["changes"][0]["address"]
    code, said = verified(path, "--plan", changed(tmp_path, edit), "--state", STATE)
    assert code == 10
    lines = said.splitlines()
    assert lines[1:3] == [
        "  - this plan is not the one that was reviewed",
        "    + terraform_data.new: create, which was not reviewed",
    ]
    assert f'    ~ {address}: input → "something else", reviewed unchanged' in lines
    assert lines[-1] == "    next: review this plan"


@pytest.mark.parametrize(
    ("edit", "shown"),
    [
        (lambda plan: plan["resource_changes"][0]["change"].update(actions=["delete"]), "destroy instead of update"),
        (
            lambda plan: plan["resource_changes"][0]["change"].update(actions=["delete", "create"]),
            "replace (destroy-first) instead of update",
        ),
        (lambda plan: plan["resource_changes"].pop(0), "update, which is no longer planned"),
        (lambda plan: plan.update(errored=True), "the plan itself: another kind, errored, or partial"),
        (lambda plan: plan.update(complete=False), "the plan itself: another kind, errored, or partial"),
        (
            lambda plan: plan["output_changes"].update(
                x={"actions": ["create"], "before": None, "after": "1", "after_unknown": False}
            ),
            "outputs: not the same",
        ),
    ],
)
def test_everything_that_a_plan_does_is_compared(tmp_path, edit, shown):
    path = review(
        tmp_path, changed(tmp_path, lambda plan: plan.setdefault("output_changes", {}), "one.json"), "--state", STATE
    )
    other = changed(tmp_path, lambda plan: (plan.setdefault("output_changes", {}), edit(plan)))
    code, said = verified(path, "--plan", other, "--state", STATE)
    assert code == 10
    assert shown in said


def test_what_is_created_is_compared_though_it_is_not_listed(tmp_path):
    plan = FIXTURES / "create" / "plan.json"
    state = tmp_path / "terraform.tfstate"
    state.write_text(json.dumps({"version": 4, "serial": 0, "lineage": "", "resources": []}))
    path = review(tmp_path, plan, "--state", state)

    def edit(whole):
        whole["resource_changes"][0]["change"]["after"]["input"] = "another"

    code, said = verified(path, "--plan", changed(tmp_path, edit, plan=plan), "--state", state)
    assert code == 10
    assert ": it is created with other values" in said


@pytest.mark.parametrize(
    ("field", "value", "code", "said"),
    [
        ("serial", 99, 10, "the state has moved: it was reviewed at serial {serial}, and is at 99 now"),
        ("lineage", "11111111-1111-1111-1111-111111111111", 10, "this is another state: the lineage is not the same"),
    ],
)
def test_a_state_that_moved_never_verifies(tmp_path, field, value, code, said):
    path = review(tmp_path, PLAN, "--state", STATE)
    state = json.loads(STATE.read_bytes())
    serial = state["serial"]
    state[field] = value
    moved = tmp_path / "moved.tfstate"
    moved.write_text(json.dumps(state))
    found, text = verified(path, "--plan", PLAN, "--state", moved)
    assert found == code
    assert said.format(serial=serial) in text


def test_without_a_state_nobody_can_tell(tmp_path):
    bound = review(tmp_path, PLAN, "--state", STATE)
    code, said = verified(bound, "--plan", PLAN)
    assert code == 4
    assert "this plan does not say which state it was made from" in said
    loose = review(tmp_path, PLAN)
    code, said = verified(loose, "--plan", PLAN, "--state", STATE)
    assert code == 4
    assert "the verdict does not say which state it was made from" in said


def test_a_verdict_that_is_too_old_or_not_a_pass_lets_nothing_through(tmp_path):
    path = review(tmp_path, PLAN, "--state", STATE)
    code, said = verified(path, "--plan", PLAN, "--state", STATE, at="2026-02-01T12:00:01Z")
    assert code == 4
    assert "the verdict was valid until 2026-02-01T12:00:00Z" in said
    errored = review(tmp_path, FIXTURES / "errored" / "plan.json", "--state", STATE)
    code, said = verified(errored, "--plan", FIXTURES / "errored" / "plan.json", "--state", STATE)
    assert code == 10
    assert "the verdict itself is block" in said


def test_the_configuration_says_for_how_long_and_what_is_volatile(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(".plangate.yaml").write_text("verify: {valid_hours: 2, volatile: ['*.input*']}\n")
    path = review(tmp_path, PLAN, "--state", STATE)
    bound = json.loads(path.read_bytes())["binding"]
    assert (bound["expires_at"], bound["volatile"]) == ("2026-01-31T14:00:00Z", ["*.input*"])

    def edit(plan):
        plan["resource_changes"][0]["change"]["after"]["input"] = "something else"

    assert verified(path, "--plan", changed(tmp_path, edit), "--state", STATE)[0] == 0


# --- the gate's key ---------------------------------------------------------------------------------------------------


def secret(folder: Path, word: str) -> Path:
    """A plan that creates something with a hidden value."""

    def edit(plan):
        change = plan["resource_changes"][0]["change"]
        change["after"]["input"] = word
        change["after_sensitive"] = {"input": True}

    return changed(folder, edit, f"{len(word)}.json")


def test_hidden_values_are_compared_under_the_key_and_left_out_without(tmp_path, monkeypatch):
    one, other = secret(tmp_path, "correct-horse"), secret(tmp_path, "battery-staple")
    path = review(tmp_path, one, "--state", STATE)
    assert json.loads(path.read_bytes())["binding"]["sensitive"] == "left-out"
    done = run_here("verify", path, "--plan", other, "--state", STATE, "--as-of", LATER)
    assert done.code == 0
    assert b"hidden values were not compared" in done.stderr
    monkeypatch.setenv("PLANGATE_KEY", "k1")
    path = review(tmp_path, one, "--state", STATE)
    assert json.loads(path.read_bytes())["binding"]["sensitive"] == "hmac"
    assert b"correct-horse" not in path.read_bytes()
    assert verified(path, "--plan", one, "--state", STATE)[0] == 0
    code, said = verified(path, "--plan", other, "--state", STATE)
    assert code == 10
    assert "battery-staple" not in said
    monkeypatch.delenv("PLANGATE_KEY")
    code, said = verified(path, "--plan", one, "--state", STATE)
    assert code == 4
    assert "hidden values can only be compared with the gate's key" in said


def test_the_key_may_stand_in_a_file(tmp_path, monkeypatch):
    file = tmp_path / "key"
    file.write_text("k1\n")
    monkeypatch.setenv("PLANGATE_KEY_FILE", str(file))
    path = review(tmp_path, PLAN, "--state", STATE)
    monkeypatch.delenv("PLANGATE_KEY_FILE")
    monkeypatch.setenv("PLANGATE_KEY", "k1")
    assert verified(path, "--plan", PLAN, "--state", STATE)[0] == 0
    monkeypatch.delenv("PLANGATE_KEY")
    monkeypatch.setenv("PLANGATE_KEY_FILE", str(tmp_path / "missing"))
    done = run_here("verify", path, "--plan", PLAN, "--state", STATE)
    assert (done.code, done.stderr) == (2, b"plangate: usage: PLANGATE_KEY_FILE: cannot be read\n")


@pytest.mark.parametrize("edit", ["decision", "expiry", "change", "unsigned", "other key"])
def test_a_forged_verdict_is_not_believed(tmp_path, monkeypatch, edit):
    monkeypatch.setenv("PLANGATE_KEY", "k1")
    path = review(tmp_path, PLAN, "--state", STATE)
    saved = json.loads(path.read_bytes())
    if edit == "decision":
        saved["headline"] = "nothing to see"
    elif edit == "expiry":
        saved["binding"]["expires_at"] = "2099-01-01T00:00:00Z"
    elif edit == "change":
        saved["findings"] = []
        saved["changes"] = []
    elif edit == "unsigned":
        del saved["binding"]["signature"]
    else:
        monkeypatch.setenv("PLANGATE_KEY", "k2")
    path.write_text(json.dumps(saved))
    code, said = verified(path, "--plan", PLAN, "--state", STATE)
    expected = {"unsigned": (4, "the verdict is not signed"), "change": (10, "its signature does not fit")}
    assert (code, expected.get(edit, (10, "its signature does not fit"))[1] in said) == (
        expected.get(edit, (10, ""))[0],
        True,
    )


def test_without_a_key_a_changed_list_of_changes_is_noticed(tmp_path):
    path = review(tmp_path, PLAN, "--state", STATE)
    saved = json.loads(path.read_bytes())
    saved["changes"] = []
    path.write_text(json.dumps(saved))
    code, said = verified(path, "--plan", PLAN, "--state", STATE)
    assert code == 10
    assert "its own list of changes is not what it was made of" in said


def test_merge_believes_only_verdicts_that_the_gate_signed(tmp_path, monkeypatch):
    path = review(tmp_path, PLAN, "--state", STATE)
    monkeypatch.setenv("PLANGATE_KEY", "k1")
    done = run_here("merge", path, "--format", "json")
    assert done.code == 4
    assert "is not signed by this gate" in json.loads(done.stdout)["headline"]
    path = review(tmp_path, PLAN, "--state", STATE)
    merged = run_here("merge", path, "-o", f"json={tmp_path / 'merged.json'}")
    assert merged.code == 0
    assert len(json.loads((tmp_path / "merged.json").read_bytes())["binding"]["signature"]) == 64
    code, said = verified(tmp_path / "merged.json", "--plan", PLAN, "--state", STATE)
    assert code == 4
    assert "verify the verdict of each target" in said


# --- real tools -------------------------------------------------------------------------------------------------------

MAIN = """
variable "size" { default = 1 }
resource "terraform_data" "a" { input = "a${var.size}" }
resource "terraform_data" "when" { input = plantimestamp() }
"""


def test_saved_plans_of_terraform_itself(tmp_path, needs_terraform):
    (tmp_path / "main.tf").write_text(MAIN)

    def terraform(*arguments: str) -> None:
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}
        subprocess.run([needs_terraform, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)

    terraform("init")
    terraform("plan", "-out=one")
    path = review(tmp_path, tmp_path / "one", "--tf-dir", tmp_path)
    here = ("--tf-dir", tmp_path)
    assert verified(path, "--plan", tmp_path / "one", *here)[0] == 0
    terraform("plan", "-out=again")
    assert verified(path, "--plan", tmp_path / "again", *here)[0] == 0
    terraform("plan", "-var=size=2", "-out=other")
    assert verified(path, "--plan", tmp_path / "other", *here)[0] == 10
    terraform("apply", "one")
    code, said = verified(path, "--plan", tmp_path / "one", "--state", tmp_path / "terraform.tfstate", *here)
    assert code == 10
    assert "the state has moved: it was reviewed at serial 0" in said
    assert "~ terraform_data.a: changed in the state since the plan was made" in said


def test_a_release_that_moved_on_is_another_one(tmp_path, corpus):
    scenario = next(one for one in sorted(corpus.glob("helm-upgrades/*/helm3")) if (one / "dry-run.json").is_file())
    dry_run = scenario / "dry-run.json"
    path = review(tmp_path, dry_run)
    saved = json.loads(path.read_bytes())
    # Without its old side an upgrade is inconclusive: the verdict of one that is not stands for it here.
    saved.update(decision="pass", exit_code=0, findings=[], risk=None)
    saved["coverage"]["skipped"] = []
    for change in saved["changes"]:
        change["findings"] = []
    path.write_text(json.dumps(saved))
    assert verified(path, "--plan", dry_run)[0] == 0
    text = json.loads(dry_run.read_bytes())
    text["version"] += 1
    other = tmp_path / "next.json"
    other.write_text(json.dumps(text))
    code, said = verified(path, "--plan", other)
    assert code == 10
    assert f"it was reviewed as revision {text['version'] - 1}, and this makes {text['version']}" in said


def test_an_upgrade_is_compared_with_what_it_was_predicted_from(tmp_path, corpus):
    folder = corpus / "helm-upgrades" / "config-checksum" / "helm3"
    beside = ("--manifest", folder / "manifest-deployed.yaml", "--history", folder / "history.json")
    path = review(tmp_path, folder / "dry-run.json", *beside)
    code, said = verified(path, "--plan", folder / "dry-run.json", *beside)
    assert (code, said.split()[0]) == (0, "SAME")
    code, said = verified(path, "--plan", folder / "dry-run.json")
    assert code == 4
    assert "the review had manifest beside the input, and now it was not given" in said
    history = json.loads((folder / "history.json").read_bytes())
    history.append({**history[-1], "revision": history[-1]["revision"] + 1})
    moved = tmp_path / "history.json"
    moved.write_text(json.dumps(history))
    code, said = verified(path, "--plan", folder / "dry-run.json", *beside[:2], "--history", moved)
    assert code == 10
    live = history[-1]["revision"]
    assert f"the release has moved: it was at revision {live - 1}, and is at {live} now" in said
    text = (folder / "dry-run.json").read_text()
    other = tmp_path / "other.json"
    other.write_text(text.replace("replicas: ", "replicas: 1"))
    assert text != other.read_text()
    code, said = verified(path, "--plan", other, *beside)
    assert code == 10
    assert "~ apps/Deployment/" in said


def test_hostile_text_gives_no_command_to_a_runner(tmp_path, monkeypatch):
    def edit(plan):
        first = plan["resource_changes"][0]
        first["change"]["after"]["input"] = "\n::error::x\n##[add-mask]y\x1b[31m"
        copy = json.loads(json.dumps(first))
        copy.update(address="::stop-commands::x\n::error::y", name="new")
        copy["change"].update(actions=["create"], before=None)
        plan["resource_changes"].append(copy)

    path = review(tmp_path, PLAN, "--state", STATE)
    name = tmp_path / "::error::z.json"
    name.write_bytes(changed(tmp_path, edit).read_bytes())
    monkeypatch.chdir(tmp_path)
    for plan in (name, Path("::warning::missing.json")):
        code, said = verified(path, "--plan", plan, "--state", STATE)
        assert code in (3, 10)
        assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
        assert "##[" not in said
        assert "\x1b" not in said


def crowd(folder: Path) -> Path:
    def edit(plan):
        change = {"actions": ["create"], "before": None, "after_unknown": {}, "after_sensitive": {}}
        plan["resource_changes"] = [
            {
                "address": f"terraform_data.many[{i}]",
                "mode": "managed",
                "type": "terraform_data",
                "name": "many",
                "index": i,
                "change": {**change, "after": {"input": f"item {i}"}},
            }
            for i in range(501)
        ]
        # Nothing else is in it: a state with objects that the plan does not mention would contradict it.
        plan.pop("prior_state", None)

    return changed(folder, edit)


def test_a_plan_that_creates_very_much_is_not_bound_unasked_and_says_so(tmp_path, monkeypatch):
    plan = crowd(tmp_path)
    path = review(tmp_path, plan, "--state", STATE)
    saved = json.loads(path.read_bytes())
    assert "binding" not in saved
    assert saved["notes"][-1] == (
        "not bound to its plan, as more than 500 objects are created and neither a key nor `verify:` in the "
        "configuration asks for it; plangate verify needs that"
    )
    code, said = verified(path, "--plan", plan, "--state", STATE)
    assert (code, "the verdict does not say which plan it is about" in said) == (4, True)

    monkeypatch.setenv("PLANGATE_KEY", "an invented key")
    path = review(tmp_path, plan, "--state", STATE)
    code, said = verified(path, "--plan", plan, "--state", STATE)
    assert (code, said.split()[0]) == (0, "SAME")


@pytest.mark.parametrize("text", ["verify: {valid_hours: 12}\n", "approvals: {count: 1}\n"])
def test_a_plan_that_creates_very_much_is_bound_where_the_configuration_asks(tmp_path, monkeypatch, text):
    plan = crowd(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".plangate.yaml").write_text(text)
    assert json.loads(review(tmp_path, plan).read_bytes())["binding"]["fingerprint"]


@pytest.mark.parametrize(
    ("plan", "state", "lineage", "code"),
    [
        (1, None, "same", 0),
        (1, 1, "same", 0),
        (1, 2, "same", 10),
        (-1, None, "same", 10),
        (None, 1, "same", 10),
        (1, 1, "x", 10),
    ],
)
def test_a_plan_made_again_may_have_a_state_that_moved_on(tmp_path, plan, state, lineage, code):
    """The serials are how far the plan's and the state's own are from the one that was reviewed."""
    folder, path = FIXTURES / "update-in-place", tmp_path / "verdict.json"
    run_here(
        "review", folder / "plan.json", "--state", folder / "state.tfstate", "--as-of", AS_OF, "-o", f"json={path}"
    )
    saved = json_v1.parse(path.read_bytes())
    then = saved.freshness
    now = structs.replace(
        then,
        serial_plan=None if plan is None else then.serial_state + plan,
        serial_state=None if state is None else then.serial_state + state,
        lineage=then.lineage if lineage == "same" else lineage,
    )
    fresh = structs.replace(saved, freshness=now)

    def verified(document, **fields):
        return verify.compare(verify.Comparison(saved=saved, fresh=document, now=AS_OF, **fields)).code

    assert verified(fresh, replanned=True) == code
    assert verified(fresh) == 10
    changed = structs.replace(fresh.binding, fingerprint="0" * 64)
    assert verified(structs.replace(fresh, binding=changed), replanned=True) == 10
