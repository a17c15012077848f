"""Waivers beside the code: which comments count for which change, and which of them the trusted version has."""

import textwrap

import pytest

from plangate.errors import UsageError
from plangate.evidence.inline_comments import CommentFiles
from plangate.model.policy import InlineComment
from tests.support.verdicts import change

BUCKET = change("aws_s3_bucket.logs", name="logs")
RELEASE = change("helm_release.web", name="web")
SAID = "# plangate: ignore[state-lost] until=2026-03-31 owner=a@b.c reason=it moves"


class Trusted:
    """A trusted version of some files; what raises stands for one that cannot be read."""

    def __init__(self, **files):
        self.files = {name.replace("_", "."): text for name, text in files.items()}

    def read(self, path):
        text = self.files.get(path)
        if isinstance(text, Exception):
            raise text
        return text


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, name, text):
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(textwrap.dedent(text))


def comments(here, text, one=BUCKET, trusted=None):
    write(here, "main.tf", text)
    return list(CommentFiles(here, trusted).of(one))


def said(line, *, policy="state-lost", file="main.tf", **fields):
    given = {"until": "2026-03-31", "reason": "it moves", "owner": "a@b.c", **fields}
    return InlineComment(policy=policy, file=file, line=line, **given)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'{SAID}\nresource "aws_s3_bucket" "logs" {{\n}}\n', [1]),
        (f'resource "aws_s3_bucket" "logs" {{ {SAID}\n}}\n', [1]),
        (f'{SAID}\n# kept\n{SAID}\nresource "aws_s3_bucket" "logs" {{\n}}\n', [3, 1]),
        (f'//{SAID[1:]}\nresource "aws_s3_bucket" "logs" {{\n}}\n', [1]),
        (f'{SAID}\n\nresource "aws_s3_bucket" "logs" {{\n}}\n', []),
        (f'resource "aws_s3_bucket" "logs" {{\n  {SAID}\n}}\n', []),
        (f'{SAID}\nresource "aws_s3_bucket" "other" {{\n}}\nresource "aws_s3_bucket" "logs" {{\n}}\n', []),
        (f'x = 1 {SAID}\nresource "aws_s3_bucket" "logs" {{\n}}\n', []),
        ('# ignore[state-lost]\nresource "aws_s3_bucket" "logs" {\n}\n', []),
    ],
    ids=["above", "beside", "several", "slashes", "a line between", "inside", "another block", "code above", "others"],
)
def test_a_comment_counts_for_the_block_that_it_stands_at(here, text, lines):
    assert comments(here, text) == [said(line) for line in lines]


@pytest.mark.parametrize(
    ("parts", "until", "reason", "owner"),
    [
        ("until=2026-03-31 reason=it moves owner=a", "2026-03-31", "it moves", "a"),
        ('reason="it moves until=never" until=2026-03-31', "2026-03-31", "it moves until=never", ""),
        ("reason=it = moves", "", "it = moves", ""),
        ("", "", "", ""),
        ("until = 2026-03-31  reason = x ", "2026-03-31", "x", ""),
    ],
)
def test_each_part_of_a_comment_may_be_missing(here, parts, until, reason, owner):
    text = f'# plangate: ignore[ state-lost ] {parts}\nresource "aws_s3_bucket" "logs" {{\n}}\n'
    assert comments(here, text) == [said(1, until=until, reason=reason, owner=owner)]


def test_a_change_without_a_block_has_no_comments(here):
    assert (
        comments(here, f'{SAID}\nresource "aws_s3_bucket" "logs" {{\n}}\n', change("aws_s3_bucket.x", name="x")) == []
    )


VALUES = f"""\
image:
  {SAID}
  tag: v1
  pull: Always
replicas: 3  {SAID.replace("state-lost", "guard-removed")}
"""


@pytest.mark.parametrize(
    "named",
    ['file("values.yaml")', 'file("${path.module}/values.yaml")', 'templatefile("${path.root}/values.yaml", {})'],
)
def test_a_comment_in_a_file_of_values_counts_for_the_key_that_it_stands_at(here, named):
    write(here, "values.yaml", VALUES)
    found = comments(here, f'resource "helm_release" "web" {{\n  values = [{named}]\n}}\n', RELEASE)
    assert found == [
        said(2, file="values.yaml", path="values.image.tag"),
        said(5, file="values.yaml", path="values.replicas", policy="guard-removed"),
    ]


def test_only_files_that_the_block_of_a_release_itself_names_count(here):
    write(here, "values.yaml", VALUES)
    text = 'resource "helm_release" "web" {\n}\nresource "helm_release" "api" {\n  values = [file("values.yaml")]\n}\n'
    assert comments(here, text, RELEASE) == []
    named = 'resource "aws_s3_bucket" "logs" {\n  x = file("values.yaml")\n}\n'
    assert comments(here, named) == []


def test_a_file_of_values_that_leads_out_of_here_is_none(here, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write(outside, "values.yaml", VALUES)
    text = f'resource "helm_release" "web" {{\n  values = [file("../{outside.name}/values.yaml")]\n}}\n'
    assert comments(here, text, RELEASE) == []
    (here / "link.yaml").symlink_to(outside / "values.yaml")
    assert comments(here, text.replace(f"../{outside.name}/values", "link"), RELEASE) == []


def test_a_file_of_values_that_is_missing_or_too_large_has_no_comments(here):
    text = 'resource "helm_release" "web" {\n  values = [file("values.yaml")]\n}\n'
    assert comments(here, text, RELEASE) == []
    write(here, "values.yaml", VALUES + "#" * (4 * 1024 * 1024))
    assert comments(here, text, RELEASE) == []


def test_the_files_that_a_block_names_are_named_as_it_does(here):
    write(
        here,
        "main.tf",
        """\
        resource "helm_release" "web" {
          values = [file("a.yaml"), templatefile("${path.module}/env/b.yml", {}), file(var.c), file("d.json")]
        }
        resource "helm_release" "api" { values = [file("e.yaml")] }
        """,
    )
    assert CommentFiles(here).values_files(RELEASE) == ["a.yaml", "env/b.yml"]
    assert CommentFiles(here).values_files(change("helm_release.none", name="none")) == []


# --- the trusted version ----------------------------------------------------------------------------------------------

BLOCK = 'resource "aws_s3_bucket" "logs" {\n}\n'


@pytest.mark.parametrize(
    ("there", "trusted"),
    [
        (f"{SAID}\n{BLOCK}", True),
        (f"# moved\n\n\n{SAID}\n# and more\n{BLOCK}", True),
        (BLOCK, False),
        (None, False),
        (f"{SAID.replace('2026-03-31', '2026-03-30')}\n{BLOCK}", False),
        (f"{SAID} really\n{BLOCK}", False),
        (f"{SAID}\n{BLOCK.replace('logs', 'other')}", False),
        (UsageError("is a link"), False),
    ],
    ids=["the same", "moved", "without", "no file", "another day", "another reason", "another block", "unreadable"],
)
def test_a_comment_is_trusted_where_the_trusted_version_has_it_at_the_same_block(here, there, trusted):
    text = f"{SAID}\n{BLOCK}"
    assert comments(here, text, trusted=Trusted(main_tf=there)) == [said(1, trusted=trusted)]


@pytest.mark.parametrize(
    ("there", "trusted"),
    [(VALUES, True), (VALUES.replace("  tag: v1\n  pull", "  pull"), False), ("{", False)],
    ids=["the same", "at another key", "no YAML"],
)
def test_a_comment_in_values_is_trusted_where_the_trusted_version_has_it_at_the_same_key(here, there, trusted):
    write(here, "values.yaml", VALUES)
    text = 'resource "helm_release" "web" {\n  values = [file("values.yaml")]\n}\n'
    first = next(iter(comments(here, text, RELEASE, Trusted(values_yaml=there, main_tf=text))))
    assert (first.path, first.trusted) == ("values.image.tag", trusted)


def test_a_comment_in_a_module_counts_for_the_calls_that_the_trusted_version_has(here):
    module = f'{SAID}\nresource "aws_s3_bucket" "logs" {{\n}}\n'
    write(here, "m/main.tf", module)
    call = 'module "%s" {\n  source = "./m"\n}\n'
    trusted = Trusted(**{"main_tf": call % "a", "m/main_tf": module})

    def counts(name, text, trusted=trusted):
        one = change(f"module.{name}.aws_s3_bucket.logs", type_="aws_s3_bucket", name="logs", module=f"module.{name}")
        return [comment.trusted for comment in comments(here, text, one, trusted)]

    both = call % "a" + call % "b"
    assert counts("a", both) == [True]
    assert counts("b", both) == [False]
    assert counts("b", both, None) == [True]
    elsewhere = Trusted(**{"main_tf": call.replace("./m", "./other") % "a", "m/main_tf": module})
    assert counts("a", both, elsewhere) == [False]


def test_a_comment_in_values_counts_for_the_blocks_that_name_them_in_the_trusted_version(here):
    write(here, "values.yaml", VALUES)
    block = 'resource "helm_release" "%s" {\n  values = [file("values.yaml")]\n}\n'
    trusted = Trusted(values_yaml=VALUES, main_tf=block % "api" + 'resource "helm_release" "web" {\n}\n')
    text = block % "api" + block % "web"
    assert {one.trusted for one in comments(here, text, RELEASE, trusted)} == {False}
    api = change("helm_release.api", name="api")
    assert {one.trusted for one in comments(here, text, api, trusted)} == {True}
