"""Verdicts made by hand: one of everything, and the same with every text hostile."""

from __future__ import annotations

from decimal import Decimal

from plangate.model.change import (
    Action,
    Address,
    AttributeChange,
    Change,
    CheckResult,
    Drift,
    DriftStatus,
    Effect,
    EffectName,
    Freshness,
    Gap,
    Invocation,
    Location,
    Noise,
    OutputChange,
    ReplaceOrder,
)
from plangate.model.input import Facts, InputRecord, Kind
from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.model.verdict import Coverage, Decision, Finding, Outcome, Severity, Step, Verdict
from plangate.verdict import decide, of_inputs
from tests.support.command import AS_OF

HOSTILE = (
    "x\x1b[31m\u202e\u200b\n`|``@octo/team #1 GH-2 <img src=x onerror=y> ![x](http://e.example/a.png) [l](http://e.example)"
    " https://e.example www.e.example a@e.example </details> --> <!-- &amp; &#64;team :tada: $x$ ##[add-mask]x"
    " 0123456789abcdef0123456789abcdef01234567\u3164\\"
)
"""Everything that a terminal, Markdown, HTML, GitHub or a CI runner would act on."""

NONE = {action.value: 0 for action in Action}


def verdict(decision=Decision.PASS, headline="no changes", exit_code=0, **fields):
    fields.setdefault("summary", NONE)
    fields.setdefault("summary_by_source", {"terraform": fields["summary"], "helm": NONE})
    fields.setdefault("inputs", (SOURCE,))
    return Verdict(
        decision=decision,
        risk=fields.pop("risk", None),
        exit_code=exit_code,
        headline=headline,
        created_at=AS_OF,
        **fields,
    )


SOURCE = InputRecord(Kind.TERRAFORM_PLAN, "plan.json", "ab" * 32, "terraform", "1.15.9", Facts(False, True, True))


def change(address, action=Action.UPDATE, type_=None, **fields):
    return Change(address=Address(address), type=type_ or address.split(".")[0], action=action, **fields)


def changed(path, before, after):
    kind = "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
    return AttributeChange(path, kind, before, after)


def finding(policy, severity=Severity.CRITICAL, outcome=Outcome.VIOLATED, **fields):
    fields.setdefault("message", "something is lost")
    fields.setdefault("why", "It cannot be brought back.")
    fields.setdefault("remediation", "Take a backup first, with `make backup`.")
    fields.setdefault("decision", decision_of(severity, outcome))
    return Finding(policy=policy, severity=severity, outcome=outcome, **fields)


def decision_of(severity, outcome):
    """What a finding asks for in a protected environment."""
    if outcome is not Outcome.VIOLATED:
        return Decision.REVIEW if outcome is Outcome.UNKNOWN else Decision.INCONCLUSIVE
    return {
        Severity.CRITICAL: Decision.BLOCK,
        Severity.HIGH: Decision.BLOCK,
        Severity.MEDIUM: Decision.REVIEW,
    }.get(severity, Decision.PASS)


def everything(evil=""):
    """A blocked plan that has one of everything; `evil` is appended to every text that comes from outside."""
    database = change(
        f"aws_db_instance.main{evil}",
        Action.REPLACE,
        replace_order=ReplaceOrder.DESTROY_FIRST,
        reason="replace_because_cannot_update",
        replace_paths=("storage_encrypted",),
        attributes=(
            changed("storage_encrypted", False, True),
            changed("policy.Statement[0].Action", f"s3:Get{evil}", Sensitive(1)),
            changed("size", Decimal("1.50"), UNKNOWN),
            changed("tags", ABSENT, {"list": [1, Sensitive(2), UNKNOWN], "json": Embedded("json", {"a": None})}),
        ),
        effects=(
            Effect(EffectName.UNPROTECTS, "loses its guard"),
            Effect(EffectName.DATA_LOSS, f"keys and budgets go; skip_final_snapshot = true{evil}"),
            Effect(EffectName.EXPOSES, "may be public", certain=False),
        ),
        location=Location(f"modules/db/main.tf{evil}", 12),
    )
    rule = change(
        f"aws_security_group_rule.ssh{evil}", Action.CREATE, effects=(Effect(EffectName.EXPOSES, "opens port 22"),)
    )
    buckets = tuple(
        change(
            f'aws_s3_bucket.b["{i}"]{evil}',
            name="b",
            index=str(i),
            attributes=(changed(f"region{evil}", ABSENT, f"eu-west-1{evil}"),),
        )
        for i in range(5)
    )
    others = (
        change("aws_iam_role.r", noise=Noise.TAGS, attributes=(changed('tags["a.b"]', "1", "2"),)),
        change(f"odd.x{evil}", Action.UNKNOWN, actions=("delete", f"update{evil}")),
        change(f"terraform_data.new{evil}", Action.MOVE, moved_from=f"terraform_data.old{evil}"),
        change(f"data.http.x{evil}", Action.READ, "http", reason="read_because_config_unknown"),
        change(f"null_resource.i{evil}", Action.IMPORT, import_id=f"id{evil}", note=f"a note{evil}"),
    )
    address = str(database.address)
    findings = (
        finding(
            "stateful-resource-destroyed",
            message=f"{address} holds data and is deleted, then created EMPTY",
            address=address,
            location=database.location,
            evidence=("storage_encrypted", "size", "gone"),
            fingerprint="ab" * 8,
            change=0,
            url="https://docs.example/databases",
        ),
        finding(
            "admin-port-opened-to-world",
            Severity.HIGH,
            message=f"{rule.address} opens port 22 to 0.0.0.0/0",
            why=f"Scanners find it within minutes.{evil}",
            address=str(rule.address),
            change=1,
            url=f"javascript:alert(1){evil}",
        ),
        finding("check-failed", Severity.MEDIUM, message=f"check.x: the check fails: oh no{evil}", address="check.x"),
        finding(
            "service-interrupted",
            Severity.MEDIUM,
            message=f"users of the service wait{evil}",
            remediation=f"Do it at night.{evil}",
        ),
        finding(f"code-runs{evil}", Severity.LOW, message=f"a provisioner runs{evil}"),
        finding("guard-removed", Severity.HIGH, Outcome.UNKNOWN, message=f"cannot tell whether it is kept{evil}"),
        finding("own-policy", Severity.MEDIUM, Outcome.ERROR, message=f"the policy fails{evil}"),
    )
    return verdict(
        Decision.BLOCK,
        f"{findings[0].message} (and 1 more)",
        10,
        risk=Severity.CRITICAL,
        target=f"live/db{evil}",
        environment=f"prod{evil}",
        summary={
            **NONE,
            "replace": 1,
            "create": 1,
            "update": 6,
            "unknown": 1,
            "move": 1,
            "read": 1,
            "import": 1,
            "no-op": 9,
        },
        changes=(database, rule, *buckets, *others),
        outputs=(
            OutputChange(f"endpoint{evil}", Action.UPDATE, f"a{evil}", UNKNOWN),
            OutputChange("password", Action.CREATE, ABSENT, Sensitive(3)),
            OutputChange("old", Action.DESTROY, 1, ABSENT),
        ),
        invocations=(Invocation(f"action.restart.x{evil}", f"after update of aws_db_instance.main{evil}"),),
        checks=(
            CheckResult("check.x", "check", "fail", (f"oh no{evil}",)),
            CheckResult(f"check.y{evil}", "check", "unknown"),
            CheckResult(f"check.z{evil}", "check", "error", (f"no such host{evil}",)),
        ),
        drift=(
            Drift(f"aws_db_instance.main{evil}", f"retention{evil}", 7, 7, f"0{evil}", DriftStatus.WILL_BE_REVERTED),
            Drift("aws_iam_role.r", "name", ABSENT, "a", "b", DriftStatus.STAYS, f"a note{evil}"),
        ),
        findings=findings,
        coverage=Coverage(
            policies_expected=28,
            policies_reported=28,
            outcomes={"satisfied": 20, "violated": 5, "unknown": 1, "not-applicable": 1, "error": 1},
            evidence={"state": "missing"},
            drift={"stays": 1, "will-be-reverted": 1},
            noise={"tags": 1},
            skipped=(
                Gap(
                    f"odd.x{evil}", f"its actions are not known{evil}", f"use a newer plangate{evil}", inconclusive=True
                ),
                Gap(f"refresh{evil}", "a plan does not say", f"plan without `-refresh=false`{evil}"),
            ),
        ),
        inputs=(
            InputRecord(Kind.TERRAFORM_PLAN, f"plan.json{evil}", "ab" * 32, "terraform", f"1.15.9{evil}", SOURCE.facts),
        ),
        freshness=Freshness(f"lineage{evil}", 812),
        notes=(f"a plan of a newer format{evil}",),
        runbook=(
            Step("before", f"take a backup of {address}"),
            Step("after", f"plan again{evil}", f"terraform plan -out=tfplan{evil}"),
        ),
    )


def many(count=3_000):
    """A large plan: the same small change on most, and some of everything else."""
    changes = [
        change(f"aws_s3_bucket.b[{i}]", name=f"b{i}", attributes=(changed("region", ABSENT, "eu-west-1"),))
        for i in range(count - 300)
    ]
    changes += [
        change(
            f"aws_instance.i{i}",
            attributes=tuple(changed(f"p{i}_{j}", Sensitive(i), {"a": [i, j, UNKNOWN]}) for j in range(5)),
            effects=(Effect(EffectName.MAY_FAIL, "is refused"),) if i % 9 == 0 else (),
        )
        for i in range(200)
    ]
    changes += [change(f"aws_iam_role.r{i}", Action.DESTROY) for i in range(100)]
    counts = {**NONE, "update": count - 100, "destroy": 100}
    return verdict(Decision.PASS, "nothing found that needs a look", summary=counts, changes=tuple(changes))


def decided(changesets, report, unread, options):
    """The verdict on change sets, with what their inputs say of themselves beside what the policies found."""
    return decide(changesets, (*of_inputs(changesets), *report.findings), report, unread, options)


EVIL = (
    HOSTILE
    + "\r\n::error::x\n::stop-commands::y\n##vso[task.complete result=Succeeded;]z %0A::set-output name=a::b ]]> \ud800"
)
UNREAD = verdict(
    Decision.INCONCLUSIVE,
    "cannot tell: plan.json: is empty",
    3,
    coverage=Coverage(skipped=(Gap("plan.json", "is empty", "plan again", input_failed=True),)),
    inputs=(),
)
SHAPES = {
    "pass": verdict(),
    "block": everything(),
    "hostile": everything(EVIL),
    "unread": UNREAD,
    "many": many(300),
    "findings": verdict(
        Decision.REVIEW,
        "m",
        findings=tuple(
            finding("p", Severity.MEDIUM, message=f"thing {i} happens", address=f"a.b{i}") for i in range(6_000)
        ),
    ),
}
"""Verdicts of every shape that a format has to stand: the smallest, the largest, and hostile ones."""
