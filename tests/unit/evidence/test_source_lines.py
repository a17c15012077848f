import pytest
from msgspec import structs

from plangate.evidence.source_lines import Lines, locate
from plangate.model.change import Action, Location
from plangate.model.verdict import Severity
from tests.support.verdicts import change, finding, verdict

MAIN = """# resource "aws_s3_bucket" "commented" {
/*
resource "aws_s3_bucket" "also_commented" {
*/
variable "x" {
  description = <<-EOT
    resource "aws_s3_bucket" "quoted" {
  EOT
}

module "db" {
  for_each = toset(["a.b", "c"])
  source   = "./modules/db"
}

module "vpc" { source = "registry.example/vpc/aws" }

  resource "aws_s3_bucket" "logs" {
  }

data "aws_ami" "base" {
}
"""
DB = """resource "aws_db_instance" "main" {
}
module "inner" {
  source = "../inner"
}
"""


@pytest.fixture
def live(tmp_path, monkeypatch):
    for name, text in {
        "live/main.tf": MAIN,
        "live/generated.tf.json": "{}",
        "live/modules/db/db.tf": DB,
        "live/modules/inner/i.tofu": 'resource "aws_kms_key" "k" {\n}\n',
        "elsewhere/main.tf": 'resource "a" "b" {\n}\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "live"


def of(live, type_, name, module="", mode="managed"):
    return Lines(live).of(change("any", type_=type_, name=name, module=module, mode=mode))


@pytest.mark.parametrize(
    ("type_", "name", "module", "mode", "expected"),
    [
        ("aws_s3_bucket", "logs", "", "managed", Location("live/main.tf", 18)),
        ("aws_ami", "base", "", "data", Location("live/main.tf", 21)),
        ("aws_db_instance", "main", 'module.db["a.b"]', "managed", Location("live/modules/db/db.tf", 1)),
        ("aws_kms_key", "k", 'module.db["c"].module.inner[0]', "managed", Location("live/modules/inner/i.tofu", 1)),
        ("aws_vpc", "this", "module.vpc", "managed", Location("live/main.tf", 16)),
        ("aws_x", "gone", 'module.db["c"]', "managed", Location("live/main.tf", 11)),
        ("aws_s3_bucket", "commented", "", "managed", None),
        ("aws_s3_bucket", "also_commented", "", "managed", None),
        ("aws_s3_bucket", "quoted", "", "managed", None),
        ("aws_s3_bucket", "logs", "", "data", None),
        ("aws_x", "y", "module.nowhere", "managed", None),
        ("aws_s3_bucket", "logs", "module.a[", "managed", None),
    ],
)
def test_the_line_is(live, type_, name, module, mode, expected):  # noqa: PLR0917 - one column each
    assert of(live, type_, name, module, mode) == expected


def test_a_module_outside_of_the_repository_is_not_read(live, monkeypatch):
    (live / "main.tf").write_text('module "up" {\n  source = "../elsewhere"\n}\n')
    monkeypatch.chdir(live)
    assert of(live, "a", "b", "module.up") == Location("main.tf", 1)


def test_findings_and_their_changes_get_the_line(live):
    given = verdict(
        changes=(change("aws_s3_bucket.logs", name="logs"), change("aws_x.y", name="y")),
        findings=(
            finding("p", address="aws_s3_bucket.logs", change=0),
            finding("q", Severity.MEDIUM, address="aws_x.y", change=1),
        ),
    )
    found = locate(given, live)
    assert [f.location for f in found.findings] == [Location("live/main.tf", 18), None]
    assert [c.location for c in found.changes] == [Location("live/main.tf", 18), None]
    kept = structs.replace(given.findings[0], location=Location("x.tf", 1))
    assert locate(structs.replace(given, findings=(kept,)), live).findings == (kept,)


def test_a_folder_that_is_not_there_gives_no_lines(live):
    assert of(live / "no", "a", "b") is None


def located(live, *modules, type_="aws_x", action=Action.UPDATE):
    changes = tuple(change(f"{m}.aws_x.y", type_=type_, name="y", module=m, action=action) for m in modules)
    findings = tuple(finding("p", Severity.HIGH, address=str(c.address), change=i) for i, c in enumerate(changes))
    return locate(verdict(changes=changes, findings=findings), live).notes


def test_a_module_from_elsewhere_is_said_once(live):
    said = "the module vpc is not in this repository: what is found in it stands where it is called"
    assert located(live, "module.vpc", "module.vpc.module.deeper") == (said,)


def test_generated_configuration_is_said(live):
    said = "some of the configuration is generated (.tf.json) and has no lines: what is found in it stands at the plan"
    assert located(live, "") == (said,)
    assert located(live, "", action=Action.DESTROY) == ()
    assert located(live, "module.db") == ()
