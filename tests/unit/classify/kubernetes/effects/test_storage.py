import pytest

from tests.support.upgrades import changes, plain, workload

TEMPLATE = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
}


def mounted(source, *, path="/data", folder="", name="web", kind="Deployment", **more):
    mount = {"name": "data", "mountPath": path, **({"subPath": folder} if folder else {})}
    pod = {"volumes": [{"name": "data", **source}]} if source else {}
    return workload(kind, name, container={"volumeMounts": [mount]} if source else {}, pod=pod, **more)


def claim(name):
    return {"persistentVolumeClaim": {"claimName": name}}


def stateful(name="db", labels=None, image="example/app:1.0.0", **spec):
    one = workload(
        "StatefulSet",
        name,
        image=image,
        container={"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
        **{"replicas": 3, "volumeClaimTemplates": [TEMPLATE], **spec},
    )
    one["spec"]["template"]["metadata"]["labels"].update(labels or {})
    return one


def told(address, kinds=("detached", "left-behind", "unserved"), **case):
    return [one.because for one in changes(**case)[address].effects if one.kind in kinds]


SCRATCH = {"emptyDir": {}}
WEB = "apps/Deployment/prod/web"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            mounted(SCRATCH),
            "keeps /data in scratch space (emptyDir) instead of the claim data: what is written is lost with each pod",
        ),
        (
            mounted(claim("other")),
            "keeps /data in the claim other, instead of the claim data: what is there stays behind",
        ),
        (
            mounted(claim("data"), path="/srv"),
            "mounts the claim data at /srv instead of /data: nothing of it is in /data any more",
        ),
        (
            mounted(claim("data"), folder="new"),
            "keeps /data in the claim data, folder new, instead of the claim data: what is there stays behind",
        ),
        (mounted(None), "no longer mounts the claim data at /data: what is written there is lost with each pod"),
    ],
)
def test_a_folder_that_loses_what_is_behind_it_is_told(after, expected):
    assert told(WEB, before=mounted(claim("data")), after=after) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (mounted(claim("data")), mounted(claim("data"), image="b:2")),
        (mounted(SCRATCH), mounted(claim("data"))),
        (mounted(SCRATCH), mounted(SCRATCH, path="/cache")),
        (mounted({"configMap": {"name": "a"}}), mounted({"configMap": {"name": "b"}}, path="/etc/b")),
        (mounted({"csi": {"driver": "secrets-store.csi.k8s.io"}}), mounted(None)),
        (mounted(claim("data"), path="/data/"), mounted(claim("data"))),
    ],
)
def test_what_keeps_its_volume_or_never_kept_anything_is_quiet(before, after):
    assert told(WEB, before=before, after=after) == []


def test_a_claim_that_another_workload_mounts_now_is_quiet():
    assert (
        told(WEB, before=mounted(claim("data")), after=mounted(None), same=[mounted(claim("data"), name="api")]) == []
    )


def test_a_claim_that_the_upgrade_creates_is_said_to_be_new():
    new = plain(
        "PersistentVolumeClaim",
        "other",
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    )
    (because,) = told(WEB, before=mounted(claim("data")), after=mounted(claim("other")), with_=[{"after": new}])
    assert (
        because
        == "keeps /data in the claim other, which this upgrade creates, instead of the claim data: what is there stays behind"
    )


def test_a_name_that_changes_under_the_same_service_leaves_the_claims_behind():
    service = plain("Service", "db", spec={"selector": {"tier": "db"}, "ports": [{"port": 5432}]})
    found = told(
        "apps/StatefulSet/prod/db-primary",
        after=stateful("db-primary", {"tier": "db"}),
        with_=[{"before": stateful("db", {"tier": "db"})}],
        same=[service],
    )
    assert found == [
        "takes the place of StatefulSet db under the Service db with claims of its own, and starts empty: the data is in the claims data-db"
    ]


def test_a_new_workload_that_takes_the_claim_along_is_quiet():
    after, before = mounted(claim("data"), name="new"), mounted(claim("data"), name="old")
    assert told("apps/Deployment/prod/new", after=after, with_=[{"before": before}]) == []
    pinned = mounted(claim("data-db-0"), name="new")
    assert told("apps/Deployment/prod/new", after=pinned, with_=[{"before": stateful("db")}]) == []


@pytest.mark.parametrize(("image", "count"), [("postgres:16", 1), ("example/app:1.0.0", 0)])
def test_a_database_server_that_leaves_is_told_and_another_workload_is_not(image, count):
    assert len(told("apps/StatefulSet/prod/db", before=stateful(image=image))) == count


def test_claims_that_are_no_longer_kept_and_those_that_stay_behind_are_told():
    kinds = ("claim-retention", "claims")
    after = stateful(replicas=1, persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete", "whenScaled": "Retain"})
    assert told("apps/StatefulSet/prod/db", kinds, before=stateful(), after=after) == [
        "deletes its claims with the StatefulSet from now on (whenDeleted: Delete)",
        "leaves the claims of 2 pods behind: they are used again when it is scaled up",
    ]
