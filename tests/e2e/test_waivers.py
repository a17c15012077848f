"""Waivers, configuration and trust as their users meet them: one plan, and what the gate makes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.command import AS_OF, run, run_here
from tests.support.git import commit, git

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": 'aws_db_instance.main["a"]',
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "index": "a",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["delete"],
                "before": {"identifier": "main", "skip_final_snapshot": True},
                "after": None,
                "after_unknown": {},
                "before_sensitive": {},
                "after_sensitive": False,
            },
        }
    ],
    "complete": True,
    "applyable": True,
    "errored": False,
}
WAIVER = {
    "policy": "stateful-resource-destroyed",
    "address": "aws_db_instance.main[*]",
    "reason": "moved to the new account",
    "owner": "ann@example.org",
    "expires": "2026-03-31",
}


@pytest.fixture
def repo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    return tmp_path


def waive(repo: Path, **changes) -> Path:
    path = repo / "waivers.yaml"
    path.write_text(json.dumps({"waivers": [{**WAIVER, **changes}]}))
    return path


def reviewed(*arguments):
    done = run_here("review", "plan.json", "--format", "json", "--as-of", AS_OF, *arguments)
    return done.code, json.loads(done.stdout) if done.stdout else done.stderr.decode()


def findings(verdict, of="findings"):
    return {finding["policy"]: finding for finding in verdict[of]}


def test_without_a_waiver_it_blocks(repo):
    code, verdict = reviewed()
    assert (code, verdict["decision"], verdict["waived"]) == (10, "block", [])


def test_a_waived_finding_decides_nothing_and_is_listed(repo):
    code, verdict = reviewed("--waivers", waive(repo))
    assert (code, verdict["decision"], verdict["risk"]) == (0, "pass", None)
    assert findings(verdict) == {}
    assert verdict["waived"][0]["waiver"] == {
        "owner": "ann@example.org",
        "reason": "moved to the new account",
        "expires": "2026-03-31",
    }
    assert verdict["changes"][0]["findings"] == []


@pytest.mark.parametrize(
    ("changes", "policy", "words"),
    [
        ({"expires": "2026-01-30"}, "waiver-expired", "it expired after 2026-01-30"),
        ({"expires": "2027-03-31"}, "waiver-not-permitted", "may run until 2027-02-01 at most"),
        ({"address": "aws_db_instance.other"}, "waiver-unmatched", "nothing of this review fits it"),
        ({"policy": "stateful-resource-destroy"}, "waiver-unmatched", "did you mean stateful-resource-destroyed?"),
        (
            {"address": "*"},
            "waiver-too-broad",
            "its address fits nearly everything: name a type, a module or an object",
        ),
        ({"fingerprint": "0" * 16}, "waiver-unmatched", "it is for the fingerprint 0000000000000000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_waiver_that_does_not_work_is_a_finding(repo, changes, policy, words):
    code, verdict = reviewed("--waivers", waive(repo, **changes))
    assert code == 10
    assert verdict["waived"] == []
    assert words in findings(verdict)[policy]["message"]
    assert findings(verdict)[policy]["location"] == {"file": str(repo / "waivers.yaml"), "line": 1}


def test_a_waiver_holds_on_its_last_day(repo):
    assert reviewed("--waivers", waive(repo, expires="2026-01-31"))[0] == 0


def test_a_waiver_with_the_fingerprint_of_the_finding_holds(repo):
    fingerprint = reviewed()[1]["findings"][0]["fingerprint"]
    assert reviewed("--waivers", waive(repo, fingerprint=fingerprint))[0] == 0


def test_a_waiver_of_another_environment_is_silent(repo):
    code, verdict = reviewed("--waivers", waive(repo, environment="dev"), "--env", "prod")
    assert (code, list(findings(verdict))) == (10, ["stateful-resource-destroyed"])


def test_configuration_forbids_waivers_of_what_is_critical(repo):
    waive(repo)
    (repo / ".plangate.yaml").write_text("waivers: {files: waivers.yaml, forbid: {severities: [critical]}}\n")
    code, verdict = reviewed()
    assert code == 10
    assert "critical findings cannot be waived here" in findings(verdict)["waiver-not-permitted"]["message"]


def test_reports_for_people_list_what_is_waived(repo):
    waive(repo)
    arguments = ("review", "plan.json", "--waivers", "waivers.yaml", "--as-of", AS_OF)
    text = run_here(*arguments).stdout.decode()
    assert "waived    stateful-resource-destroyed" in text
    markdown = run_here(*arguments, "--format", "markdown").stdout.decode()
    assert "Waived (1)" in markdown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("waivers:\n  - {policy: a, adress: b}\n", "2:17: unknown key adress; did you mean address?"),
        ("waivers:\n  - {policy: a}\n", "needs the key"),
        ("waivers: []\nwaivers: []\n", "2:1: the key waivers stands twice"),
    ],
)
def test_a_wrong_file_of_waivers_stops_everything(repo, text, words):
    (repo / "waivers.yaml").write_text(text)
    code, said = reviewed("--waivers", "waivers.yaml")
    assert code == 2
    assert words in said


# --- configuration ----------------------------------------------------------------------------------------------------


def configure(repo, text):
    (repo / ".plangate.yaml").write_text(text)


def test_observe_exits_with_0_and_says_what_enforcing_would_give(repo):
    configure(repo, "mode: observe\n")
    code, verdict = reviewed()
    assert (code, verdict["decision"], verdict["exit_code"], verdict["mode"]) == (0, "block", 10, "observe")
    text = run_here("review", "plan.json", "--as-of", AS_OF).stdout.decode()
    assert "nothing is enforced here; enforcing would exit 10" in text


def test_observe_does_not_hide_an_input_that_cannot_be_read(repo):
    configure(repo, "mode: observe\n")
    assert run_here("review", "plan.json", "missing.json").code == 3
    assert run_here("review", "missing.json").code == 3


def test_observe_does_not_hide_wrong_use(repo):
    configure(repo, "mode: observe\nmod: x\n")
    assert reviewed() == (2, "plangate: usage: .plangate.yaml: 2:1: unknown key mod; did you mean mode?\n")


def test_a_severity_of_the_configuration_decides_and_is_told(repo):
    configure(repo, "policies:\n  stateful-resource-destroyed: {severity: medium, reason: a sandbox}\n")
    code, verdict = reviewed()
    finding = findings(verdict)["stateful-resource-destroyed"]
    assert (code, verdict["decision"], verdict["risk"]) == (0, "review", "medium")
    assert finding["note"] == "medium here instead of critical: a sandbox"


@pytest.mark.parametrize(
    "text",
    [
        "policies: {stateful-resource-destroyed: {enforce_from: 2026-02-01}}",
        "packs: {terraform: {enforce_from: 2026-02-01}}",
    ],
)
def test_a_policy_does_not_decide_before_its_day(repo, text):
    configure(repo, text)
    code, verdict = reviewed()
    finding = findings(verdict)["stateful-resource-destroyed"]
    assert (code, verdict["decision"], verdict["risk"]) == (0, "pass", "critical")
    assert (finding["enforced"], finding["note"]) == (False, "does not decide before 2026-02-01")
    assert run_here("review", "plan.json", "--as-of", "2026-02-01").code == 10


def test_a_pack_that_is_off_leaves_nothing_to_pass(repo):
    configure(repo, "packs: {terraform: off, drift: off}\n")
    code, verdict = reviewed()
    # Nobody judged the change, which asks for a person; that no policy was there to do it keeps the exit code.
    assert (code, verdict["decision"]) == (4, "review")
    assert verdict["notes"][0] == "switched off by the configuration: the pack terraform, the pack drift"


def test_a_policy_that_is_off_is_told(repo):
    configure(repo, "policies: {stateful-resource-destroyed: {enabled: false, reason: a sandbox}}\n")
    code, verdict = reviewed()
    assert (code, [*findings(verdict)]) == (0, ["unassessed-change"])
    assert verdict["notes"][0] == "switched off by the configuration: stateful-resource-destroyed (a sandbox)"


def test_evidence_that_is_required_has_to_be_there(repo):
    configure(repo, "require: [state]\npolicies: {stateful-resource-destroyed: {severity: low, reason: x}}\n")
    code, verdict = reviewed()
    assert (code, verdict["decision"]) == (4, "inconclusive")
    assert "required" in verdict["coverage"]["skipped"][-1]["why"]


ENVIRONMENTS = """
environments:
  prod: {match: {paths: "live/prod/**", targets: "prod-*"}}
  dev: {protected: false, match: {paths: "live/dev/**", targets: "dev-*"}}
"""


def test_an_environment_is_found_by_its_path(repo):
    configure(repo, ENVIRONMENTS)
    (repo / "live" / "dev").mkdir(parents=True)
    (repo / "plan.json").rename(repo / "live" / "dev" / "plan.json")
    done = run_here("review", "live/dev/plan.json", "--format", "json", "--as-of", AS_OF)
    assert json.loads(done.stdout)["environment"] == "dev"


def test_a_change_aimed_at_the_wrong_environment_blocks(repo):
    configure(repo, ENVIRONMENTS + "policies: {stateful-resource-destroyed: {severity: low, reason: x}}\n")
    code, verdict = reviewed("--env", "prod", "--target", "dev-network")
    assert code == 10
    assert (
        findings(verdict)["wrong-environment"]["message"]
        == "this is for prod, but the target dev-network belongs to dev"
    )
    assert reviewed("--env", "dev", "--target", "dev-network")[0] == 0


def test_an_environment_that_nobody_knows_is_protected(repo):
    configure(repo, ENVIRONMENTS)
    code, verdict = reviewed("--env", "dve")
    assert code == 10
    assert [one["why"] for one in verdict["coverage"]["skipped"] if one["what"] == "environment"] == [
        "the configuration has no environment dve: it is protected, and what one of them requires is not required"
    ]


def test_the_state_and_the_workspace_tell_the_environment(repo):
    configure(
        repo,
        'environments: {prod: {match: {backend_keys: "prod/*", workspaces: prod}}, dev: {match: {backend_keys: "dev/*"}}}\n',
    )
    (repo / ".terraform").mkdir()
    (repo / ".terraform" / "environment").write_text("prod")
    (repo / ".terraform" / "terraform.tfstate").write_text(
        '{"backend": {"type": "s3", "config": {"key": "dev/x.tfstate"}}}'
    )
    verdict = reviewed()[1]
    assert findings(verdict)["wrong-environment"]["message"] == (
        "this is for several environments at once: the state dev/x.tfstate belongs to dev; the workspace prod belongs to prod"
    )


def test_a_configuration_for_a_newer_version_is_a_finding(repo):
    configure(
        repo, 'requires: ">=99"\nteleport: true\npolicies: {stateful-resource-destroyed: {severity: low, reason: x}}\n'
    )
    code, verdict = reviewed()
    assert (code, verdict["decision"]) == (0, "review")
    assert findings(verdict)["configuration-too-new"]["message"].endswith("it does not know teleport")


def test_a_policy_of_the_configured_folder_counts(repo):
    (repo / "rules").mkdir()
    (repo / "rules" / "no-main.yaml").write_text(POLICY)
    configure(repo, "policy_paths: rules\nparams: {names: [main]}\n")
    assert "no-main" in findings(reviewed()[1])
    configure(repo, "policy_paths: rules\nparams: {names: main}\n")
    assert reviewed()[0] == 2
    configure(repo, "policy_paths: rules\nparams: {name: [main]}\n")
    code, said = reviewed()
    assert code == 2
    assert "no policy has a parameter name; did you mean names?" in said


POLICY = """
id: no-main
family: terraform
severity: medium
summary: A thing has a name that is not allowed
why: x
match: {source: terraform}
params: {names: [other]}
when: name in param('names')
message: "{address}"
remediation: y
"""

RELEASE = """\
resource "helm_release" "litellm" {
  name   = "litellm"
  values = [templatefile("${path.module}/values/%s.yaml", {})]
}

resource "null_resource" "other" {
  triggers = { a = file("values/dev.yaml") }
}
"""


def test_values_of_another_environment_block(repo):
    entry = json.loads(json.dumps(PLAN["resource_changes"][0]))
    entry |= {"address": "helm_release.litellm", "type": "helm_release", "name": "litellm", "index": None}
    sides = (
        {"name": "litellm", "namespace": "llm", "values": ["a: 1"]},
        {"name": "litellm", "namespace": "llm", "values": ["a: 2"]},
    )
    entry["change"] |= {"actions": ["update"], "before": sides[0], "after": sides[1]}
    (repo / "plan.json").write_text(json.dumps({**PLAN, "resource_changes": [entry]}))
    configure(
        repo,
        "environments:\n"
        "  prod: {match: {values_files: '**/prod.yaml', backend_keys: 'prod/*'}}\n"
        "  staging: {match: {values_files: '**/staging.yaml', backend_keys: 'staging/*'}}\n",
    )

    def found(values, *more):
        (repo / "main.tf").write_text(RELEASE % values)
        done = run_here("review", "plan.json", "--tf-dir", ".", "--format", "json", "--as-of", AS_OF, *more)
        verdict = json.loads(done.stdout)
        return verdict["environment"], [f["message"] for f in verdict["findings"] if f["policy"] == "wrong-environment"]

    assert found("prod", "--env", "prod") == ("prod", [])
    assert found("prod") == ("prod", [])
    words = "this is for prod, but the values file values/staging.yaml belongs to staging"
    assert found("staging", "--env", "prod") == ("prod", [words])
    (repo / ".terraform").mkdir()
    (repo / ".terraform" / "terraform.tfstate").write_text('{"backend": {"config": {"key": "prod/litellm"}}}')
    (environment, (message,)) = found("staging")
    assert environment is None
    assert "the values file values/staging.yaml belongs to staging" in message
    assert "the state prod/litellm belongs to prod" in message


# --- beside the code --------------------------------------------------------------------------------------------------

IGNORE = "# plangate: ignore[stateful-resource-destroyed]"
BLOCK = """\
# the main database
%s
resource "aws_db_instance" "main" {
  identifier = "main"
}
"""


def beside(repo, comment):
    (repo / "main.tf").write_text(BLOCK % comment)
    (repo / "verdict.json").unlink(missing_ok=True)
    done = run_here("review", "plan.json", "--tf-dir", ".", "--as-of", AS_OF, "-o", "json=verdict.json")
    verdict = json.loads((repo / "verdict.json").read_text())
    return done.code, verdict


def test_a_waiver_beside_the_block_holds_and_is_listed(repo):
    code, verdict = beside(repo, f"{IGNORE} until=2026-03-31 owner=ann@example.org reason=moved to the new account")
    assert (code, verdict["decision"], verdict["findings"]) == (0, "pass", [])
    (waived,) = verdict["waived"]
    assert waived["waiver"] == {
        "owner": "ann@example.org",
        "reason": "moved to the new account",
        "expires": "2026-03-31",
    }


@pytest.mark.parametrize(
    ("comment", "policy", "words"),
    [
        (f"{IGNORE} until=2026-01-30 reason=x", "waiver-expired", "it expired after 2026-01-30"),
        (
            f"{IGNORE} reason=x",
            "waiver-not-permitted",
            "it says no reason, or no last day: until=2026-03-31 reason=...",
        ),
        (f"{IGNORE} until=2026-03-31", "waiver-not-permitted", "it says no reason, or no last day"),
        (f"{IGNORE} until=soon reason=x", "waiver-not-permitted", "it says no reason, or no last day"),
        (f"{IGNORE} until=2030-01-01 reason=x", "waiver-not-permitted", "it runs until 2030-01-01, and may run until"),
        (
            "# plangate: ignore[stateful-resource-destroyd] until=2026-03-31 reason=x",
            "waiver-unmatched",
            "there is no policy stateful-resource-destroyd; did you mean stateful-resource-destroyed?",
        ),
    ],
)
def test_a_waiver_beside_the_block_that_does_not_work_is_a_finding(repo, comment, policy, words):
    code, verdict = beside(repo, comment)
    assert code == 10
    (finding,) = [f for f in verdict["findings"] if f["policy"] == policy]
    assert words in finding["message"]
    assert finding["location"] == {"file": "main.tf", "line": 2}


@pytest.mark.parametrize(
    "comment",
    [
        f"{IGNORE} until=2026-03-31 reason=x\n\n",
        "# plangate: ignore[deletion-guard-removed] until=2026-03-31 reason=of something else",
        f'locals {{ x = "{IGNORE} until=2026-03-31 reason=x" }}\n\n',
    ],
)
def test_a_comment_that_is_not_at_the_block_waives_nothing(repo, comment):
    code, verdict = beside(repo, comment)
    assert (code, [f["policy"] for f in verdict["findings"]], verdict["waived"]) == (
        10,
        ["stateful-resource-destroyed"],
        [],
    )


def test_a_waiver_of_what_is_forbidden_does_not_hold_beside_the_code_either(repo):
    configure(repo, "waivers: {forbid: {severities: [critical]}}\n")
    code, verdict = beside(repo, f"{IGNORE} until=2026-03-31 reason=x")
    assert code == 10
    assert {f["policy"] for f in verdict["findings"]} == {"stateful-resource-destroyed", "waiver-not-permitted"}


def test_a_waiver_that_only_the_change_puts_beside_the_code_does_not_count(repo):
    git(repo, "init", "--quiet", "--initial-branch=main")
    (repo / "main.tf").write_text(BLOCK % "#")
    commit(repo)
    (repo / "main.tf").write_text(BLOCK % f"{IGNORE} until=2026-03-31 reason=x")
    arguments = ("review", "plan.json", "--tf-dir", ".", "--policy-ref", "main", "--as-of", AS_OF, "--format", "json")
    done = run_here(*arguments)
    found = {f["policy"]: f for f in json.loads(done.stdout)["findings"]}
    assert (done.code, set(found)) == (10, {"stateful-resource-destroyed", "gate-loosened"})
    assert found["gate-loosened"]["location"] == {"file": "main.tf", "line": 2}
    commit(repo)
    assert run_here(*arguments).code == 0


def test_a_waiver_that_the_change_moves_to_another_block_does_not_count(repo):
    git(repo, "init", "--quiet", "--initial-branch=main")
    accepted = f"{IGNORE} until=2026-03-31 reason=x"
    other = 'resource "aws_db_instance" "other" {\n}\n'
    (repo / "main.tf").write_text(f"{accepted}\n{other}{BLOCK % '#'}")
    commit(repo)
    (repo / "main.tf").write_text(other + BLOCK % accepted)
    arguments = ("review", "plan.json", "--tf-dir", ".", "--policy-ref", "main", "--as-of", AS_OF, "--format", "json")
    done = run_here(*arguments)
    found = {f["policy"]: f for f in json.loads(done.stdout)["findings"]}
    assert (done.code, set(found)) == (10, {"stateful-resource-destroyed", "gate-loosened"})


# --- in files of values -----------------------------------------------------------------------------------------------

PROXY = """\
resource "helm_release" "litellm" {
  name   = "litellm"
  chart  = "litellm-helm"
  values = [file("${path.module}/values/prod.yaml")]
}
"""
VALUES = """\
proxy_config:
  general_settings:
    %s
    global_max_parallel_requests: 1
    %s
    max_parallel_requests: 0
"""
BLOCKS = (
    "# plangate: ignore[litellm-parallel-limit-blocks] until=2026-03-31 owner=ann@example.org reason=a test of load"
)


@pytest.fixture
def release(repo):
    """A plan that brings two settings of a proxy which refuse every request."""
    (repo / "values").mkdir()
    (repo / "main.tf").write_text(PROXY)
    text = VALUES % ("#", "#")
    before, after = ("proxy_config: {general_settings: {}}\n", text)
    common = {"name": "litellm", "chart": "litellm-helm", "version": "1.85.1"}
    change = {
        "actions": ["update"],
        "before": {**common, "values": [before]},
        "after": {**common, "values": [after]},
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    resource = {"address": "helm_release.litellm", "mode": "managed", "type": "helm_release", "name": "litellm"}
    plan = {**PLAN, "resource_changes": [{**resource, "provider_name": "helm", "change": change}]}
    (repo / "plan.json").write_text(json.dumps(plan))
    return repo


def in_values(repo, *comments, options=()):
    (repo / "values" / "prod.yaml").write_text(VALUES % comments)
    _, verdict = reviewed("--tf-dir", ".", *options)
    findings_ = {f["policy"] for f in verdict["findings"]}
    return findings_, {f["policy"]: f["waiver"]["owner"] for f in verdict["waived"]}


def test_a_waiver_at_a_key_of_the_values_holds_for_what_is_found_there(release):
    assert in_values(release, "#", "#")[0] >= {"litellm-parallel-limit-blocks", "litellm-limit-zero"}
    found, waived = in_values(release, BLOCKS, "#")
    assert waived == {"litellm-parallel-limit-blocks": "ann@example.org"}
    assert "litellm-limit-zero" in found


def test_a_waiver_at_another_key_of_the_values_waives_nothing(release):
    found, waived = in_values(release, "#", BLOCKS)
    assert ("litellm-parallel-limit-blocks" in found, waived) == (True, {})


def test_a_waiver_in_values_that_only_the_change_brings_or_moves_does_not_count(release):
    git(release, "init", "--quiet", "--initial-branch=main")
    (release / "values" / "prod.yaml").write_text(VALUES % ("#", BLOCKS))
    commit(release)
    found, waived = in_values(release, BLOCKS, "#", options=("--policy-ref", "main"))
    assert (found >= {"litellm-parallel-limit-blocks", "gate-loosened"}, waived) == (True, {})
    commit(release)
    assert in_values(release, BLOCKS, "#", options=("--policy-ref", "main"))[1] != {}


def test_values_that_lead_out_of_the_repository_are_not_read_for_waivers(release):
    (release.parent / "outside.yaml").write_text(VALUES % (BLOCKS, "#"))
    (release / "main.tf").write_text(PROXY.replace("values/prod.yaml", "../outside.yaml"))
    assert in_values(release, "#", "#")[1] == {}
    (release / "values" / "linked.yaml").symlink_to(release.parent / "outside.yaml")
    (release / "main.tf").write_text(PROXY.replace("prod.yaml", "linked.yaml"))
    assert in_values(release, "#", "#")[1] == {}


# --- trust ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(repo):
    git(repo, "init", "--quiet", "--initial-branch=main")
    return repo


def test_a_waiver_that_only_the_change_has_does_not_count(trusted):
    configure(trusted, "waivers: {files: waivers.yaml}\n")
    commit(trusted)
    waive(trusted)
    assert reviewed()[0] == 0
    code, verdict = reviewed("--policy-ref", "main")
    assert code == 10
    assert findings(verdict)["gate-loosened"]["message"] == (
        "this change would loosen the gate: a waiver of stateful-resource-destroyed for aws_db_instance.main[*]"
    )
    commit(trusted)
    assert reviewed("--policy-ref", "main")[0] == 0


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ("mode: enforce\n", "mode: observe\n", "mode becomes observe instead of enforce"),
        (None, "mode: observe\n", "mode becomes observe instead of enforce"),
        (
            None,
            "policies: {stateful-resource-destroyed: {severity: low, reason: x}}\n",
            "the policy stateful-resource-destroyed becomes low instead of critical",
        ),
        (
            None,
            "policies: {stateful-resource-destroyed: {enabled: false, reason: x}}\n",
            "the policy stateful-resource-destroyed is switched off",
        ),
        (None, "packs: {terraform: false}\n", "the pack terraform is switched off"),
        (
            None,
            "packs: {terraform: {enforce_from: 2027-01-01}}\n",
            "the pack terraform does not decide before 2027-01-01",
        ),
        (
            "environments: {prod: {}}\n",
            "environments: {prod: {protected: false}}\n",
            "the environment prod is no longer protected",
        ),
        ("environments: {prod: {}}\n", None, "the environment prod is removed"),
        ("require: [state]\n", None, "required evidence loses state"),
        (None, "approvals: {users: [mallory]}\n", "approvals are new"),
        ("approvals: {count: 2}\n", None, "approvals are removed"),
        ("approvals: {count: 2}\n", "approvals: {count: 1}\n", "approvals change"),
        ("approvals: {teams: [platform]}\n", "approvals: {count: 2}\n", "approvals change"),
        (
            "environments: {prod: {approvals: {users: [ann]}}}\n",
            "environments: {prod: {approvals: {users: [mallory]}}}\n",
            "approvals of the environment prod change",
        ),
        (None, "verify: {valid_hours: 48}\n", "a verdict is valid for 48 hours"),
        (None, "verify: {volatile: ['*.tags.*']}\n", "verify.volatile gains *.tags.*"),
    ],
)
def test_what_the_change_would_loosen_does_not_count(trusted, theirs, ours, words):
    configure(trusted, theirs or "")
    commit(trusted)
    configure(trusted, ours or "")
    code, verdict = reviewed("--policy-ref", "main", "--env", "prod")
    assert code == 10
    assert "mode" not in verdict
    assert findings(verdict)["gate-loosened"]["message"] == f"this change would loosen the gate: {words}"


def test_what_the_change_tightens_counts_at_once(trusted):
    configure(trusted, "policies: {stateful-resource-destroyed: {severity: low, reason: x}}\n")
    commit(trusted)
    configure(trusted, "")
    code, verdict = reviewed("--policy-ref", "main")
    assert (code, list(findings(verdict))) == (10, ["stateful-resource-destroyed"])


def test_a_policy_of_the_trusted_ref_cannot_be_changed_or_removed(trusted):
    (trusted / "rules").mkdir()
    file = trusted / "rules" / "no-main.yaml"
    file.write_text(POLICY.replace("[other]", "[main]"))
    commit(trusted)
    file.write_text(POLICY)
    found = findings(reviewed("--policy-ref", "main", "--policies", "rules")[1])
    assert "no-main" in found
    assert found["gate-loosened"]["message"].endswith("the policy no-main changes")
    file.unlink()
    found = findings(reviewed("--policy-ref", "main", "--policies", "rules")[1])
    assert "no-main" in found
    assert found["gate-loosened"]["message"].endswith("the policy no-main is removed")


def test_a_ref_that_is_not_here_says_how_to_fetch_it(trusted):
    commit(trusted)
    code, said = reviewed("--policy-ref", "origin/main")
    assert code == 2
    assert "git fetch --depth=1 origin main:refs/remotes/origin/main" in said


def test_a_review_without_configuration_imports_nothing_for_it(repo):
    code = (
        "import sys; from plangate.cli.main import main; main(['review', 'plan.json', '-o', 'json=v.json']);"
        "print([m for m in ('plangate.gate.config', 'plangate.gate.settings', 'plangate.gate.waivers', 'yaml') if m in sys.modules],"
        "file=sys.stderr)"
    )
    import sys

    from tests.support.command import environment

    done = subprocess.run([sys.executable, "-c", code], cwd=repo, env=environment(), capture_output=True, check=False)
    assert done.stderr.decode().splitlines()[-1] == "[]"


def test_the_command_is_the_same_in_a_process_of_its_own(repo):
    done = run("review", "plan.json", "--waivers", waive(repo), "--as-of", AS_OF, cwd=repo)
    assert done.code == 0


ASKING = """\
id: instance-too-large
family: terraform
severity: high
summary: An instance is larger than agreed
why: It costs.
match: {source: terraform, actions: [create], types: aws_instance}
params: {most: 4}
when: >-
  after('cpus') > param('most')
  && (after('tags.exempt') == null || action == 'destroy')
  && after('password') != 'x'
message: "{address} is too large"
remediation: Take a smaller one.
"""


def test_explain_shows_what_the_condition_saw_and_what_its_parts_came_to(repo):
    (repo / "asking.yaml").write_text(ASKING)
    (repo / ".plangate.yaml").write_text(
        "params: {most: 2}\npolicies:\n  instance-too-large: {severity: critical, reason: a trial}\n"
    )
    entry = json.loads(json.dumps(PLAN["resource_changes"][0]))
    entry |= {"address": "aws_instance.web", "type": "aws_instance", "name": "web", "index": None}
    after = {"cpus": 8, "tags": {"team": "a"}, "password": "invented-p4ssphrase-8822"}
    entry["change"] |= {"actions": ["create"], "before": None, "after": after, "after_sensitive": {"password": True}}
    (repo / "plan.json").write_text(json.dumps({**PLAN, "resource_changes": [entry]}))
    done = run_here("review", "plan.json", "--policies", "asking.yaml", "--as-of", AS_OF, "-o", "json=verdict.json")
    assert done.code == 0
    (finding,) = json.loads((repo / "verdict.json").read_text())["findings"]
    assert (finding["outcome"], finding["seen"], finding["operands"]) == (
        "unknown",
        [
            {"what": "after('cpus')", "value": "8"},
            {"what": "param('most')", "value": "2"},
            {"what": "after('tags.exempt')", "value": "null"},
            {"what": "after('password')", "value": "(sensitive)"},
        ],
        [
            {"text": "after('cpus') > param('most')", "result": "true"},
            {"text": "(after('tags.exempt') == null || action == 'destroy')", "result": "true"},
            {"text": "after('password') != 'x'", "result": "unknown"},
        ],
    )
    page = run_here("explain", "verdict.json", "1").stdout.decode()
    assert (
        " asked     after('cpus')  =  8\n"
        "           param('most')  =  2\n"
        "           after('tags.exempt')  =  null\n"
        "           after('password')  =  (sensitive)\n"
        "           true     after('cpus') > param('most')\n"
        "           true     (after('tags.exempt') == null || action == 'destroy')\n"
        "           unknown  after('password') != 'x'\n"
    ) in page
    assert "critical here instead of high: a trial; param('most') is what the configuration says" in " ".join(
        page.split()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("approvals: {count: 0}\n", "count is a number of people, from 1 to 20"),
        ("approvals: {teams: [org/platform]}\n", "org/platform is no name of GitHub's"),
        ("environments: {prod: {approvals: {users: ['../x']}}}\n", "../x is no name of GitHub's"),
        ("verify: {valid_hours: 0}\n", "valid_hours is a number of hours"),
        ("verify: {volatile: ['*']}\n", "* has to name an attribute, as TYPE.PATH"),
        ("verify: {volatile: ['aws_instance.*']}\n", "aws_instance.* has to name an attribute, as TYPE.PATH"),
    ],
)
def test_what_would_let_anybody_or_anything_through_is_refused(repo, text, said):
    configure(repo, text)
    done = run_here("review", "plan.json")
    assert (done.code, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
