import os

import pytest

from plangate.errors import InputError
from plangate.pipeline.roots import Reached, reached, strings
from tests.support.git import commit, git

FILES = {
    "live/a/main.tf": 'module "net" {\n  source = "../../modules/net"\n}\n# it isn\'t "odd\n',
    "live/a/terraform.tfvars": 'x = "1"\n',
    "live/b/main.tf": 'terraform {\n  backend "s3" {}\n}\nlocals {\n  x = templatefile("${path.module}/../../common/x.tpl", {a = "{"})\n}\n',
    "live/c/main.tf": 'locals {\n  p = "${join(",", [file("../../common/deep/${var.x}.json")])}"\n}\n',
    'live/grüße "1"/main.tf': 'resource "null_resource" "x" {}\n',
    "live/old/main.tf": 'variable "old" {}\n',
    "live/json/main.tf.json": '{"module": {"inner": {"source": "../../modules/inner"}}}',
    "modules/net/main.tf": 'module "inner" {\n  source = "../inner//"\n}\n',
    "modules/inner/main.tf": 'variable "x" {}\n',
    "modules/inner/files/a.txt": "a",
    "modules/alone/main.tf": 'variable "x" {}\n',
    "common/x.tpl": "x",
    "common/deep/y.json": "{}",
    "docs/page.md": "x",
}


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "live/c/common.tf").symlink_to("../../common/common.tf")
    (tmp_path / "common/common.tf").write_text("# common\n")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "change")
    return tmp_path


def after(repository, *changed, below=("live",)):
    for name in changed:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        with (repository / name).open("a") as file:
            file.write("\n# changed\n")
    commit(repository)
    return reached("main", below, repository)


@pytest.mark.parametrize(
    ("changed", "roots"),
    [
        ("live/a/main.tf", ["live/a"]),
        ("live/a/terraform.tfvars", ["live/a"]),
        ("live/a/.terraform.lock.hcl", ["live/a"]),
        ("modules/net/main.tf", ["live/a"]),
        ("modules/inner/main.tf", ["live/a", "live/json"]),
        ("modules/inner/files/a.txt", ["live/a", "live/json"]),
        ("common/x.tpl", ["live/b"]),
        ("common/deep/y.json", ["live/c"]),
        ("common/deep/new.json", ["live/c"]),
        ("common/common.tf", ["live/c"]),
        ('live/grüße "1"/main.tf', ['live/grüße "1"']),
        ("live/new/main.tf", ["live/new"]),
    ],
)
def test_a_change_reaches_what_reads_it(repository, changed, roots):
    assert after(repository, changed).roots == tuple(roots)


def test_what_no_configuration_reads_reaches_nothing(repository):
    assert after(repository, "docs/page.md") == Reached((), ())


def test_both_sides_of_a_renamed_module(repository):
    git(repository, "mv", "modules/inner", "modules/core")
    found = after(repository)
    assert found.roots == ("live/a", "live/json"), "what still calls the old one"
    assert found.unreached == ("modules/core/main.tf", "modules/inner/main.tf")


def test_a_renamed_root_module(repository):
    git(repository, "mv", "live/old", "live/young")
    assert after(repository) == Reached(("live/young",), ("live/old/main.tf",))


def test_an_empty_list_is_none_to_rely_on_where_a_configuration_changed(repository):
    (repository / "live/old/main.tf").unlink()
    found = after(repository)
    assert found == Reached((), ("live/old/main.tf",))
    assert not found.is_certain


def test_a_module_that_nobody_calls_is_a_root_where_no_folder_is_named(repository):
    assert after(repository, "modules/alone/main.tf", "live/b/main.tf", below=()).roots == ("live/b", "modules/alone")


def test_a_root_that_another_one_calls_has_a_state(repository):
    (repository / "live/a/more.tf").write_text('module "b" {\n  source = "../b"\n}\n')
    assert after(repository, "live/b/main.tf").roots == ("live/a", "live/b")


def test_a_path_that_is_only_mentioned_makes_no_root_a_module(repository):
    (repository / "live/a/more.tf").write_text('# like "../old"\n')
    assert after(repository, "live/old/main.tf").roots == ("live/a", "live/old")


def test_the_top_may_be_a_root(repository):
    (repository / "main.tf").write_text('module "net" {\n  source = "./modules/net"\n}\n')
    assert after(repository, "modules/inner/main.tf", below=()).roots == (".", "live/a", "live/json")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_refused(repository):
    (repository / "live" / "a" / os.fsdecode(b"\xff.tf")).write_text("")
    with pytest.raises(InputError, match="is not UTF-8"):
        after(repository)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a = "x"', ["x"]),
        ('"a\\"b" "c"', ['a"b', "c"]),
        ('"${file("a.txt")}/b"', ["a.txt", "\0/b"]),
        ('"${ { a = "}" } }c" "d"', ["}", "\0c", "d"]),
        ('# it\'s 5" wide\n"x"', ["x"]),
        ('"%{ if true }a%{ endif }"', ["\0a\0"]),
        ('"never ends', []),
    ],
)
def test_the_strings_of_a_configuration(text, found):
    assert list(strings(text)) == found


def test_strings_take_time_by_their_length():
    assert list(strings('"${' * 20_000)) == []
    assert len(list(strings('"a" ' * 20_000))) == 20_000
