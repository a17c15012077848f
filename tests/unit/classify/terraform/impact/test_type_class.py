"""What goes when an object of a type is destroyed."""

import re
from collections import defaultdict

import pytest

from plangate import knowledge
from plangate.classify.terraform.impact import type_class
from plangate.model.resource_type import Class, Consequence, TypeClass
from tests.conftest import CORPUS, ROOT

LINES = (ROOT / "policies" / "types.tsv").read_text("utf-8").splitlines()
LISTS = CORPUS.parent / "reference" / "resource-types"
_TWIN = r"_v\d+_|_beta_|(?<=google_compute)_(region|global)_"


def test_the_class_of_a_type() -> None:
    assert type_class.of("aws_s3_bucket") == TypeClass(Class.DATA, Consequence.CRITICAL, "the objects in it go")
    assert type_class.of("random_id").class_ is Class.LOCAL  # type: ignore[union-attr]


@pytest.mark.parametrize("type_", ["", "acme_thing", "aws", "aws_s3_bucke", "aws_s3_bucket\t", "zzz_last", "_"])
def test_a_type_without_one(type_: str) -> None:
    assert type_class.of(type_) is None


def test_every_line_is_found_by_its_name() -> None:
    for line in LINES:
        name, *fields = line.split("\t")
        assert "*" in name or knowledge.resource_type(name) == tuple(fields)


def test_every_listed_type_has_a_class() -> None:
    if not LISTS.is_dir():
        pytest.skip("the lists of types are not here")
    types = [line.split("\t")[0] for file in sorted(LISTS.glob("*.tsv")) for line in file.read_text().splitlines()]
    assert [type_ for type_ in types if type_class.of(type_) is None] == []


def test_twins_agree() -> None:
    """`x` and `x_v1`, `x` and `x_v2`, `x` and `x_beta`, regional and global, are one thing."""
    twins: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for line in LINES:
        name, class_, consequence, _ = line.split("\t")
        twins[re.sub(_TWIN, "_", f"{name}_")][name] = (class_, consequence)
    disagree = {key: same for key, same in twins.items() if len(set(same.values())) > 1}
    assert disagree == {}
