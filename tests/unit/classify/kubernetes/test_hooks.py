"""Hooks that run something else than the last time: told as changes that policies see, and counted nowhere."""

import pytest

from plangate.model.verdict import Options, Outcome
from plangate.policy.evaluate import evaluate
from plangate.policy.load import load
from tests.support.command import AS_OF
from tests.support.upgrades import changeset, plain
from tests.support.verdicts import decided


def job(events="pre-upgrade", *, name="migrate", image="example/app:1.0.0", labels=None, **container):
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels or {}, "annotations": {"helm.sh/hook": events}},
        "spec": {
            "template": {
                "metadata": {"labels": labels or {}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": image, **container}]},
            }
        },
    }


def told(**case):
    """What is told of hooks besides their list: address, action, and effects, those that are not certain with a `?`."""
    return [
        (
            change.address.text.removeprefix("batch/Job/prod/"),
            str(change.action),
            [f"{'' if e.certain else '?'}{e.name}: {e.because}" for e in change.effects],
        )
        for change in changeset(**case).hook_changes
    ]


CASES = {
    "new": (
        {"hooks": [job()], "old_hooks": []},
        [("migrate", "create", ["runs-code: runs at pre-upgrade for the first time"])],
    ),
    "another image": (
        {"hooks": [job(image="example/app:2.0.0")], "old_hooks": [job()]},
        [
            (
                "migrate",
                "update",
                [
                    "runs-code: runs at pre-upgrade in another way than before "
                    '(spec.template.spec.containers[name="m"].image)'
                ],
            )
        ],
    ),
    "another moment": (
        {"hooks": [job("pre-upgrade")], "old_hooks": [job("post-upgrade")]},
        [("migrate", "update", ["runs-code: runs at pre-upgrade instead of post-upgrade"])],
    ),
    "only a label": (
        {"hooks": [job(labels={"chart": "a-2"})], "old_hooks": [job(labels={"chart": "a-1"})]},
        [("migrate", "update", [])],
    ),
    "the same": ({"hooks": [job()], "old_hooks": [job()]}, []),
    "a default written out": (
        {"hooks": [job(terminationMessagePath="/dev/termination-log")], "old_hooks": [job()]},
        [],
    ),
    "not of an upgrade": ({"hooks": [job("post-delete")], "old_hooks": []}, []),
    "a test": ({"hooks": [job("test")], "old_hooks": []}, []),
    "no longer run": ({"hooks": [job("pre-install")], "old_hooks": [job()]}, [("migrate", "forget", [])]),
    "becomes an object": ({"after": job("none"), "hooks": [], "old_hooks": [job()]}, []),
    "old side not given": (
        {"hooks": [job()]},
        [
            (
                "migrate",
                "unknown",
                ["?runs-code: runs at pre-upgrade; whether it did the same before, --hooks tells"],
            )
        ],
    ),
    "refused by the server": (
        {"hooks": [job(imagePullPolicy="Sometimes")], "old_hooks": [job()]},
        [
            (
                "migrate",
                "update",
                [
                    "fails: is invalid: spec.template.spec.containers[0].imagePullPolicy: must be one of Always, IfNotPresent, Never"
                ],
            )
        ],
    ),
    "all rights on its node": (
        {"hooks": [job(securityContext={"privileged": True})], "old_hooks": []},
        [
            (
                "migrate",
                "create",
                [
                    "runs-code: runs at pre-upgrade for the first time",
                    "exposes: runs m with all rights on its node",
                ],
            )
        ],
    ),
}


@pytest.mark.parametrize(("case", "expected"), CASES.values(), ids=CASES)
def test_what_a_hook_does_otherwise(case, expected):
    assert told(**case) == expected


def test_a_template_that_names_its_hook_anew_is_the_same_hook():
    found = changeset(hooks=[job(name="migrate-8")], old_hooks=[job(name="migrate-7")]).hook_changes
    assert [(one.address.text, str(one.action), one.effects) for one in found] == [
        ("batch/Job/prod/migrate-8", "update", ()),
    ]


def test_a_finding_names_the_hook_and_nothing_is_counted():
    found = changeset(
        same=[plain("ConfigMap")],
        after=plain("ConfigMap"),
        before=plain("ConfigMap"),
        hooks=[job(image="example/app:1.0.1")],
        old_hooks=[job()],
    )
    report = evaluate(load(), [found], None, protected=True)
    verdict = decided([found], report, [], Options(created_at=AS_OF))
    assert [(f.policy, f.address, f.change, f.outcome) for f in verdict.findings] == [
        ("job-runs", "batch/Job/prod/migrate", None, Outcome.VIOLATED)
    ]
    assert (verdict.headline, verdict.changes, set(verdict.summary.values())) == (
        "no object changes; 1 hook changes",
        (),
        {0, 2},
    )
    assert [(str(h.address), h.changed, [str(e.name) for e in h.effects]) for h in verdict.hooks] == [
        ("batch/Job/prod/migrate", True, ["runs-code"])
    ]


def test_hooks_that_cannot_be_compared_are_said():
    case = {"before": plain("ConfigMap"), "after": plain("ConfigMap"), "hooks": [job()]}
    said = [one for one in changeset(**case).skipped if "hooks" in one.what]
    assert [(one.what, one.why, one.how_to_fix, one.inconclusive) for one in said] == [
        (
            "whether the hooks of web changed",
            "those of the deployed revision were not given",
            "helm get hooks web -n prod > hooks.yaml, then --hooks hooks.yaml",
            False,
        )
    ]
    assert not [one for one in changeset(**case, old_hooks=[]).skipped if "hooks" in one.what]
