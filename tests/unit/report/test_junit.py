"""JUnit: valid by its schema, and its counts are those of its cases."""

from xml.etree import ElementTree

import pytest

from plangate.report import junit
from tests.support.command import ROOT
from tests.support.verdicts import SHAPES, everything

cases = pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)


@cases
def test_junit_fits_its_schema(given):
    etree = pytest.importorskip("lxml.etree", reason="lxml checks XML schemas")
    schema = etree.XMLSchema(etree.parse(ROOT / "tests" / "schemas" / "junit-10.xsd"))
    schema.assertValid(etree.fromstring(junit.render(given)))


@cases
def test_junit_counts_what_it_holds(given):
    root = ElementTree.fromstring(junit.render(given))  # noqa: S314 - ours
    (suite,) = root.findall("testsuite")
    found = [suite.findall(f"testcase{kind}") for kind in ("", "/failure", "/error", "/skipped")]
    assert [len(one) for one in found] == [int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped")]
    assert found[0]


def test_what_decides_fails_and_what_does_not_passes():
    suite = ElementTree.fromstring(junit.render(everything())).find("testsuite")  # noqa: S314 - ours
    kinds = {case.get("classname"): [child.tag for child in case] for case in suite.findall("testcase")}
    assert kinds["plangate.stateful-resource-destroyed"] == ["failure"]
    assert kinds["plangate.own-policy"] == ["error"]
    assert kinds["plangate.code-runs"] == ["system-out"]
    assert kinds["plangate.input"] == []
