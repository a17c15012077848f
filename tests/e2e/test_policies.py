"""`plangate policy` and the choice of policies in a review, as people use them."""

import json

import jsonschema
import pytest
import yaml

from plangate.policy.load import shipped_files
from tests.conftest import ROOT

PLAN = ROOT / "fixtures" / "release" / "plan.json"
OURS = """\
# yaml-language-server: $schema=policy.schema.json
id: queue-gone
family: terraform
severity: high
summary: A queue is destroyed
why: Its messages go.
match: {source: terraform, actions: [delete, replace], types: aws_sqs_queue}
when: before('name') != null
message: "{before.name} goes"
remediation: Keep it.
tests:
  violated:
    - {type: aws_sqs_queue, before: {name: orders}}
  satisfied:
    - {type: aws_sqs_queue, after: {name: orders}}
"""
DELETE = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_sqs_queue.orders",
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "orders",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["delete"], "before": {"name": "orders"}, "after": None, "after_unknown": {}},
        }
    ],
    "complete": True,
    "applyable": True,
    "errored": False,
}


@pytest.fixture
def ours(tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "queue-gone.yaml").write_text(OURS)
    (tmp_path / "plan.json").write_text(json.dumps(DELETE))
    return tmp_path


CONFIG = """\
policy_paths: ours
packs: {litellm: false}
policies:
  queue-gone: {severity: low, reason: it is empty}
  stateful-resource-destroyed: {enabled: false, reason: a test}
  admin-port-opened-to-world: {enforce_from: 2999-01-01}
params: {allowed_registries: [registry.example.org]}
"""


def listed(plangate, folder, *flags):
    done = plangate("policy", "list", "--format", "json", *flags, cwd=folder)
    assert done.code == 0, done.stderr
    return {one["id"]: one for one in json.loads(done.stdout)}


def test_a_list_says_what_the_configuration_makes_of_each_policy(plangate, ours):
    (ours / ".plangate.yaml").write_text(CONFIG)
    every = listed(plangate, ours)
    assert {
        id_: (every[id_]["severity"], every[id_]["on"], every[id_]["why"])
        for id_ in (
            "queue-gone",
            "stateful-resource-destroyed",
            "litellm-alert-never-fires",
            "protected-namespace-touched",
        )
    } == {
        "queue-gone": ("low", True, ["low instead of high by the configuration: it is empty"]),
        "stateful-resource-destroyed": ("critical", False, ["switched off by the configuration: a test"]),
        "litellm-alert-never-fires": ("low", False, ["the pack litellm is switched off by the configuration"]),
        "protected-namespace-touched": (
            "medium",
            False,
            ["waits for the configuration: its parameter protected_namespaces is empty"],
        ),
    }
    assert every["image-from-unlisted-registry"]["on"]
    assert every["admin-port-opened-to-world"]["why"] == ["does not decide before 2999-01-01"]


@pytest.mark.parametrize(
    ("flags", "has", "has_not"),
    [
        (["--family", "gate"], "plan-stale", "queue-gone"),
        (["--severity", "low"], "queue-gone", "plan-stale"),
        (["--source", "terraform"], "queue-gone", "image-from-unlisted-registry"),
        (["--source", "helm"], "image-from-unlisted-registry", "queue-gone"),
        (["--type", "aws_sqs_queue"], "queue-gone", "image-from-unlisted-registry"),
        (["--type", "aws_sns_topic"], "stateful-resource-destroyed", "queue-gone"),
        (["--off"], "stateful-resource-destroyed", "queue-gone"),
        (["--on"], "queue-gone", "stateful-resource-destroyed"),
    ],
)
def test_a_list_is_filtered(plangate, ours, flags, has, has_not):
    (ours / ".plangate.yaml").write_text(CONFIG)
    found = listed(plangate, ours, *flags)
    assert (has in found, has_not in found) == (True, False)


def test_a_page_says_what_the_configuration_makes_of_its_policy(plangate, ours):
    (ours / ".plangate.yaml").write_text(CONFIG)
    shown = plangate("policy", "show", "queue-gone", cwd=ours).stdout.decode()
    assert shown.endswith("## Here\n\n- on, low\n- low instead of high by the configuration: it is empty\n")


def test_one_run_can_ask_fewer_policies_and_its_verdict_says_so(plangate, ours):
    def verdict(*flags):
        done = plangate("review", "plan.json", "--policies", "ours", "--format", "json", *flags, cwd=ours)
        made = json.loads(done.stdout)
        return {one["policy"] for one in made["findings"]}, done.stdout.decode()

    all_, _ = verdict()
    assert "queue-gone" in all_
    assert len(all_) > 1
    only, said = verdict("--only", "queue-gone")
    assert only == {"queue-gone"}
    assert "only queue-gone asked (--only)" in said
    skipped, said = verdict("--skip", "queue-gone")
    assert skipped == all_ - {"queue-gone"}
    assert "queue-gone not asked (--skip)" in said


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--skip", "queue-gon"], "there is no such policy; did you mean queue-gone?"),
        (["--only", "plan-stale"], "is found by plangate itself, and always looked for"),
    ],
)
def test_what_is_no_policy_cannot_be_chosen(plangate, ours, flags, problem):
    done = plangate("review", "plan.json", "--policies", "ours", *flags, cwd=ours)
    assert (done.code, done.stdout) == (2, b"")
    assert problem in done.stderr.decode()


@pytest.mark.parametrize("flag", ["--only", "--skip"])
def test_policies_of_a_trusted_ref_are_not_left_out(plangate, flag):
    done = plangate("review", PLAN, "--policy-ref", "HEAD", flag, "stateful-resource-destroyed")
    assert (done.code, done.stdout) == (2, b"")
    assert f"{flag}: leaves policies out" in done.stderr.decode()


def test_a_test_says_what_is_probably_a_mistake(plangate, ours):
    file = ours / "ours" / "queue-gone.yaml"
    file.write_text(OURS.replace("before('name')", "before('nmae')"))
    done = plangate("policy", "test", "ours", "--plans", "plan.json", cwd=ours)
    assert done.code == 10
    assert "no case has the attribute nmae; did you mean name?" in done.stderr.decode()
    assert "no aws_sqs_queue of the plans has an attribute nmae; did you mean name?" in done.stderr.decode()
    file.write_text(OURS.replace("types: aws_sqs_queue", "types: aws_sns_topic"))
    done = plangate("policy", "test", "ours", "--plans", "plan.json", "--format", "json", cwd=ours)
    made = json.loads(done.stdout)
    assert (done.code, made["exit_code"]) == (10, 10)
    assert made["policies"][0]["hints"] == ["matches nothing in its own cases", "matches nothing in any of the plans"]
    assert made["plans"] == [{"plan": "plan.json", "problem": "", "findings": []}]


def test_a_test_tells_pipelines_of_each_case(plangate, ours):
    done = plangate("policy", "test", "ours", "--plans", "plan.json", "--format", "json", cwd=ours)
    made = json.loads(done.stdout)
    assert (done.code, made["exit_code"]) == (0, 0)
    assert [(one["expected"], one["got"], one["passed"]) for one in made["policies"][0]["cases"]] == [
        ("violated", "violated", True),
        ("satisfied", "not-applicable", True),
    ]
    assert [one["message"] for one in made["plans"][0]["findings"]] == ["orders goes"]


def test_the_keys_of_a_policy_are_put_into_order(plangate, ours):
    file = ours / "ours" / "queue-gone.yaml"
    moved = OURS.replace("severity: high\n", "").replace(
        "remediation:", "# As bad\n# as can be.\nseverity: high\nremediation:"
    )
    file.write_text(moved)
    assert plangate("policy", "format", "--check", "ours", cwd=ours).code == 10
    assert file.read_text() == moved
    assert plangate("policy", "format", "ours", cwd=ours).code == 0
    assert file.read_text() == OURS.replace("severity: high", "# As bad\n# as can be.\nseverity: high")
    assert plangate("policy", "format", "--check", "ours", cwd=ours).code == 0


def test_every_shipped_policy_fits_the_schema_and_a_misspelled_one_does_not(plangate):
    schema = json.loads(plangate("policy", "schema").stdout)
    assert schema == json.loads((ROOT / "docs" / "policy.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for file in shipped_files():
        assert list(validator.iter_errors(yaml.safe_load(file.read_text("utf-8")))) == [], file
    good = yaml.safe_load(OURS)
    assert list(validator.iter_errors(good)) == []
    for wrong in ({"severty": "low"}, {"match": {"source": "terraform", "actions": ["destory"]}}, {"severity": "bad"}):
        assert list(validator.iter_errors({**good, **wrong})) != []
