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


SIBLINGS = [
    ("aws_alb", "aws_lb"),
    ("aws_network_acl", "aws_security_group"),
    ("azurerm_network_security_rule", "azurerm_firewall_network_rule_collection"),
    ("azurerm_web_application_firewall_policy", "azurerm_firewall_policy"),
    ("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"),
    ("azurerm_linux_web_app", "azurerm_windows_web_app"),
    ("azurerm_linux_function_app", "azurerm_windows_function_app"),
    ("aws_elasticsearch_domain", "aws_opensearch_domain"),
    ("aws_s3_bucket_object", "aws_s3_object"),
    ("aws_wafregional_web_acl", "aws_wafv2_web_acl"),
    ("aws_db_parameter_group", "aws_rds_cluster_parameter_group"),
    ("cloudflare_record", "cloudflare_dns_record"),
    ("google_compute_firewall_policy_rule", "google_compute_network_firewall_policy_rule"),
    ("google_cloud_run_service", "google_cloud_run_v2_service"),
    ("google_sql_database_instance", "google_alloydb_cluster"),
]


@pytest.mark.parametrize("pair", SIBLINGS, ids="-".join)
def test_siblings_agree(pair: tuple[str, str]) -> None:
    """Types that do one thing under two names have one class and one consequence."""
    one, other = (type_class.of(type_) for type_ in pair)
    assert one is not None
    assert other is not None
    assert (one.class_, one.consequence) == (other.class_, other.consequence)


def test_names_that_differ_in_a_word_for_one_thing_agree() -> None:
    """`alb` and `lb`, `linux` and `windows` and `orchestrated`: whatever stands around the word."""
    known = {line.split("\t")[0]: tuple(line.split("\t")[1:3]) for line in LINES}
    same = [
        ("_alb_", "_lb_"),
        ("_linux_", "_windows_"),
        ("_wafregional_", "_waf_"),
        ("_elasticsearch_domain_", "_opensearch_domain_"),
    ]
    pairs = [
        (name, name.replace(one, other))
        for name in known
        for one, other in same
        if one in name and name.replace(one, other) in known
    ]
    assert len(pairs) > 10
    assert [pair for pair in pairs if known[pair[0]] != known[pair[1]]] == []
