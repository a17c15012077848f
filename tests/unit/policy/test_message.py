"""What conditions can say, each held against a change through the whole pipeline."""

import pytest
import yaml

from plangate.pipeline import policy_cases
from plangate.pipeline.inputs import classified
from plangate.policy import testing
from plangate.policy.evaluate import evaluate
from plangate.policy.file import parse

FRAME = """\
id: ours
family: {family}
severity: high
summary: Our own rule is broken
why: We decided so.
match: {match}
{rest}
remediation: Ask the platform team.
"""


def findings(match, rest, case, **asked):
    """The findings as (outcome, message), of a policy that is written like this, about one case."""
    family = "helm" if "source: helm" in match else "terraform"
    policy = parse("ours.yaml", FRAME.format(family=family, match=match, rest=rest))
    changeset, _ = testing.change_set(policy, yaml.safe_load(case), classified, policy_cases.BUILDERS)
    report = evaluate([policy], [changeset], "prod", protected=True, **asked)
    return [(one.outcome.value, one.message) for one in report.findings]


BUCKETS = "{type: aws_s3_bucket, actions: [delete], before: {bucket: logs}, times: 25}"
PLAN = "{source: terraform}\n"


@pytest.mark.parametrize(
    ("when", "message", "case", "found"),
    [
        ("plan.count('destroy') > 20", "{plan.count.destroy} go", BUCKETS, [("violated", "25 go")]),
        ("plan.count('delete') > 20", "{plan.count.delete} go", BUCKETS, [("violated", "25 go")]),
        ("plan.count('destroy') > 25", "no", BUCKETS, []),
        (
            "plan.count('destroy', 'aws_s3_*') > 20 && plan.count('destroy', 'aws_db_*') == 0",
            "x",
            BUCKETS,
            [("violated", "x")],
        ),
        ("plan.count(['create', 'destroy']) == 25", "x", BUCKETS, [("violated", "x")]),
        ("plan.count('destroy', '*', 'module.a') > 0", "x", BUCKETS, []),
        (
            "plan.count('destroy', '*', 'module.a') > 0",
            "x",
            "{type: aws_sqs_queue, module_address: 'module.a[0].module.b', address: 'module.a[0].module.b.aws_sqs_queue.q', before: {name: q}}",
            [("violated", "x")],
        ),
        ("plan.share('destroy') > 0.5", "{plan.share.destroy} goes", BUCKETS, [("violated", "100% goes")]),
        (
            "plan.share('destroy') > 0.3",
            "{plan.share.destroy} goes",
            "{type: aws_sqs_queue, before: {name: q}, with: [{type: aws_sqs_queue, name: b, actions: [no-op], before: {name: b}, after: {name: b}}, {type: aws_sqs_queue, name: c, actions: [no-op], before: {name: c}, after: {name: c}}]}",
            [("violated", "33% goes")],
        ),
        (
            "plan.count('destroy') > 0 && action == 'destroy'",
            "{name} goes",
            "{type: aws_sqs_queue, before: {name: q}, with: [{type: aws_sqs_queue, name: b, before: {name: b}}]}",
            [("violated", "b goes"), ("violated", "example goes")],
        ),
    ],
)
def test_the_plan_as_a_whole_is_asked_once(when, message, case, found):
    assert findings("{source: terraform}", f'when: "{when}"\nmessage: "{message}"', case) == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("null", "{acl: public}", ["violated"]),
        ("{acl: private}", "{acl: public}", ["violated"]),
        ("{acl: public}", "{acl: public, bucket: b}", []),
        ("{acl: public}", "null", []),
        ("{acl: private}", "{acl: private}", []),
    ],
)
def test_what_was_so_before_is_not_introduced(before, after, found):
    case = f"{{type: aws_s3_bucket, before: {before}, after: {after}}}"
    rest = "when: after('acl') == 'public'\nintroduced: true\nmessage: public"
    assert [outcome for outcome, _ in findings("{source: terraform}", rest, case)] == found


def test_what_was_hidden_before_cannot_be_told_to_be_introduced():
    case = "{type: aws_s3_bucket, before: {acl: x}, after: {acl: public}, before_sensitive: {acl: true}}"
    rest = "when: after('grants') == null && after('acl') != 'y'\nintroduced: true\nmessage: public"
    assert [outcome for outcome, _ in findings("{source: terraform}", rest, case)] == ["unknown"]


RULES = "{type: aws_security_group, before: {ingress: [{cidr: 0.0.0.0/0, from_port: 22}]}, after: {ingress: [{cidr: 10.0.0.0/8, from_port: 1}, {cidr: 0.0.0.0/0, from_port: 22}, {cidr: 0.0.0.0/0, from_port: 3389}]}}"
OPEN = "each: ingress\nwhen: item('cidr') == '0.0.0.0/0'\nmessage: \"{address} opens {item.from_port}\""


def test_every_item_is_judged_by_itself():
    assert findings("{source: terraform}", OPEN, RULES) == [
        ("violated", "aws_security_group.example opens 22"),
        ("violated", "aws_security_group.example opens 3389"),
    ]
    assert findings("{source: terraform}", f"{OPEN}\nintroduced: true", RULES) == [
        ("violated", "aws_security_group.example opens 3389"),
    ]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("after: {ingress: null}", []),
        ("after: {name: x}", []),
        (
            "after: {name: x}, after_unknown: {ingress: true}",
            [
                (
                    "unknown",
                    "aws_security_group.example: cannot tell whether this holds: our own rule is broken (ingress is known only after apply)",
                )
            ],
        ),
        (
            "after: {ingress: [{from_port: 1}, {cidr: 0.0.0.0/0, from_port: 2}]}, after_unknown: {ingress: [{cidr: true}, {}]}",
            [
                (
                    "unknown",
                    "aws_security_group.example: [0]: cannot tell whether this holds: our own rule is broken (ingress[0].cidr is known only after apply)",
                ),
                ("violated", "aws_security_group.example opens 2"),
            ],
        ),
    ],
)
def test_one_unknown_item_does_not_hide_the_others(more, found):
    assert findings("{source: terraform}", OPEN, f"{{type: aws_security_group, {more}}}") == found


BLOCK = "type: aws_s3_bucket_public_access_block"
CONFIGURED = (
    "plan: {configuration: {root_module: {resources: ["
    "{address: aws_s3_bucket.example, type: aws_s3_bucket, expressions: {}},"
    "{address: aws_s3_bucket_public_access_block.b, type: aws_s3_bucket_public_access_block, expressions: {bucket: {references: [%s]}}}]}}}"
)


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        ("", ["violated"]),
        (f"with: [{{{BLOCK}, after: {{bucket: logs}}}}]", []),
        (f"with: [{{{BLOCK}, actions: [no-op], before: {{bucket: logs}}, after: {{bucket: logs}}}}]", []),
        (f"with: [{{{BLOCK}, after: {{bucket: other}}}}]", ["violated"]),
        (f"with: [{{{BLOCK}, before: {{bucket: logs}}}}]", ["violated"]),
        (f"with: [{{{BLOCK}, name: b, after: {{}}, after_unknown: {{bucket: true}}}}]", ["unknown"]),
        (
            f"with: [{{{BLOCK}, name: b, after: {{}}, after_unknown: {{bucket: true}}}}], {CONFIGURED % '[aws_s3_bucket.example.id]'[1:-1]}",
            [],
        ),
        (
            f"with: [{{{BLOCK}, name: b, after: {{}}, after_unknown: {{bucket: true}}}}], {CONFIGURED % 'aws_s3_bucket.other.id'}",
            ["violated"],
        ),
        (
            f"with: [{{{BLOCK}, name: b, after: {{}}, after_unknown: {{bucket: true}}}}], {CONFIGURED % 'local.name'}",
            ["unknown"],
        ),
    ],
)
def test_a_sibling_is_found_by_what_it_names(beside, found):
    case = f"{{type: aws_s3_bucket, after: {{bucket: logs}}{', ' if beside else ''}{beside}}}"
    rest = "when: related('aws_s3_bucket_public_access_block', 'bucket') == []\nmessage: bare"
    assert [outcome for outcome, _ in findings("{source: terraform, types: aws_s3_bucket}", rest, case)] == found


@pytest.mark.parametrize(
    ("when", "violated"),
    [
        ("date(after('expires')) < date(as_of) + days(30)", True),
        ("date(after('expires')) < date(as_of) + days(10)", False),
        ("timestamp(as_of).getDayOfWeek() == 6 && timestamp(as_of).getHours('Europe/Berlin') == 13", True),
        ("cidr(['10.0.0.0/8', '192.168.0.0/16'], after('net')) && addresses(after('net')) == 256", True),
        ("overlaps(after('net'), '192.168.1.128/25') && !overlaps(after('net'), '10.0.0.0/8')", True),
        ("subnet('10.0.0.0/8', 8, 2) == '10.2.0.0/16' && subnet('fd00::/8', 8, 1) == 'fd01::/16'", True),
        ("after('c[name=\"app\"].image') == 'a:1' && after('c[*].image').exists(i, i == null)", True),
        ("changed('c[*].image')", True),
        ("changed('c[*].name')", False),
    ],
)
def test_dates_networks_and_lists_can_be_asked(when, violated):
    case = (
        "{type: acme_thing, before: {c: [{name: app, image: a:0}, {name: b}]}, "
        "after: {expires: '2026-02-20', net: 192.168.1.0/24, c: [{name: app, image: a:1}, {name: b}]}}"
    )
    rest = f"when: |\n  {when}\nmessage: x"
    assert findings("{source: terraform}", rest, case, as_of="2026-01-31T12:00:00Z") == [("violated", "x")] * violated


def test_a_message_shows_values_and_hides_what_is_hidden():
    rest = (
        'message: "{before.size} → {after.size}, {after.enabled}, {after.tags}, {after.tags.owner}, {after.none}, {after.password}, '
        '{after.arn}, {path.size}, {param.most}, {plan.count.update}"\nparams: {most: 4}'
    )
    case = (
        "{type: acme_thing, before: {size: 1}, after: {size: 2, enabled: true, tags: {owner: 'a   b'}, password: hunter2}, "
        "after_unknown: {arn: true}, after_sensitive: {password: true}}"
    )
    assert findings("{source: terraform}", rest, case) == [
        (
            "violated",
            '1 → 2, true, {"owner":"a   b"}, a b, null, (sensitive), (known after apply), 2, 4, 1',
        )
    ]


@pytest.mark.parametrize("source", ["{source: helm, types: [Deployment]}", "{source: helm, types: [deployments.apps]}"])
def test_a_kind_is_matched_as_people_write_it(source):
    case = "{after: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, data: null}}"
    assert findings(source, "when: \"!after('data').exists(d, d == 'x')\"\nmessage: \"{name}\"", case) == [
        ("violated", "web")
    ]


def test_the_words_of_terraform_are_understood():
    case = "{type: aws_sqs_queue, before: {name: q}}"
    rest = "when: action == 'delete' && action in ['delete', 'create']\nmessage: \"{action}\""
    assert findings("{source: terraform, actions: [delete]}", rest, case) == [("violated", "destroy")]
