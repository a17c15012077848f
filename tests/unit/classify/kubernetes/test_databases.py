import pytest

from plangate.classify.kubernetes import databases
from tests.support.upgrades import workload

IDENTITY = ("apps", "StatefulSet", "prod", "db")


def body(image, *, kept=True):
    volume = {"persistentVolumeClaim": {"claimName": "data"}} if kept else {"emptyDir": {}}
    return workload(
        "StatefulSet",
        "db",
        image=image,
        container={"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
        pod={"volumes": [{"name": "data", **volume}]},
    )


def step(old, new):
    before, after = (databases.server(IDENTITY, body(image)) for image in (old, new))
    return databases.step(before, after)


@pytest.mark.parametrize(
    ("image", "series"),
    [
        ("postgres:16", (16,)),
        ("docker.io/bitnami/postgresql:16.4.0-debian-12-r9", (16,)),
        ("postgis/postgis:16-3.4", (16,)),
        ("pgvector/pgvector:pg17", (17,)),
        ("timescale/timescaledb:2.17.2-pg16", (16,)),
        ("registry.example.org:5000/crunchydata/crunchy-postgres:ubi8-15.2-0", (15,)),
        ("postgres:latest", None),
        ("postgres@sha256:" + "0" * 64, None),
        ("mysql:8.4.2", (8, 4)),
        ("quay.io/coreos/etcd:v3.5.9", (3, 5)),
    ],
)
def test_a_server_and_its_series_are_told_by_the_image(image, series):
    assert databases.server(IDENTITY, body(image)).series == series


@pytest.mark.parametrize(
    "image", ["example/app:1.0.0", "prometheuscommunity/postgres-exporter:v0.15.0", "example/postgres-backup:16"]
)
def test_another_image_is_no_server(image):
    assert databases.server(IDENTITY, body(image)) is None


def test_a_server_without_a_volume_that_lasts_has_nothing_to_lose():
    assert databases.server(IDENTITY, body("postgres:16", kept=False)) is None


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("postgres:15", "postgres:16", True),
        ("postgres:16", "postgres:15", True),
        ("mysql:5.7.44", "mysql:8.0.39", False),
        ("mysql:8.0.39", "mysql:8.4.2", False),
        ("mysql:5.7.44", "mysql:8.4.2", True),
        ("mysql:8.0.39", "mysql:9.0.1", True),
        ("mysql:8.0.39", "mariadb:11.4", True),
        ("mongo:6.0", "mongo:7.0", False),
        ("mongo:6.0", "mongo:8.0", True),
        ("elasticsearch:7.17.3", "elasticsearch:8.5.1", False),
        ("elasticsearch:6.8.0", "elasticsearch:8.5.1", True),
        ("redis:7.2", "valkey:8.0", False),
        ("redis:7.2", "redis:6.2", True),
        ("etcd:v3.4.1", "etcd:v3.6.0", True),
    ],
)
def test_a_newer_series_refuses_the_data_or_converts_it(old, new, refused):
    assert step(old, new).refused is refused


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("postgres:16.1", "postgres:16.4"),
        ("postgres:16.4", "postgres:16.1"),
        ("postgis/postgis:16-3.4", "postgis/postgis:16-3.5"),
        ("redis:7.0.1", "redis:7.2.4"),
        ("postgres:latest", "postgres:16"),
        ("docker.io/bitnami/postgresql:16.4.0", "docker.io/bitnamilegacy/postgresql:16.6.0"),
    ],
)
def test_the_same_series_and_one_that_is_not_known_are_quiet(old, new):
    assert step(old, new) is None


def test_what_an_upgrade_jumps_over_is_named():
    assert step("mongo:5.0", "mongo:8.0").because.startswith(
        "moves MongoDB from 5.0 to 8.0 on the data that is there, over 6.0 and 7.0: it has to be upgraded to each of them first"
    )
