"""What stands behind `NOTES:` in a printout, held against manifests that hold such a line."""

import pytest

from plangate.errors import InputError
from plangate.ingest.document import Document
from plangate.ingest.helm import dry_run
from plangate.model.input import Kind

HEAD = (
    'Release "web" does not exist. Installing it now.\nNAME: web\nLAST DEPLOYED: Mon Nov 23 15:53:02 2026\n'
    "NAMESPACE: prod\nSTATUS: pending-install\nREVISION: 1\nTEST SUITE: None\nHOOKS:\nMANIFEST:\n"
)
OBJECT = "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def read(text):
    return dry_run.read(Document(Kind.HELM_DRY_RUN, "dry-run.txt", "", text.encode()))


@pytest.mark.parametrize(
    "notes",
    [
        "",
        "Thank you.\n",
        "URL: https://example.org\n",
        "---\nBind a role:\nkind: ClusterRoleBinding\nroleRef: cluster-admin\n",
        "kubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nspec: {}\nEOF\n",
    ],
)
def test_notes_are_no_part_of_a_manifest(notes):
    assert read(f"{HEAD}{OBJECT}\nNOTES:\n{notes}").manifest == f"{OBJECT}\n"


@pytest.mark.parametrize(
    ("behind", "message"),
    [
        (f"see: below\n{OBJECT}", "has objects behind a line NOTES:, and does not tell whether they are notes"),
        (f"Thanks.\n\nNOTES:\n{OBJECT}", "has objects behind a line NOTES:, and does not tell whether they are notes"),
        ("data: {a: b}\n", "has objects behind a line NOTES:, and does not tell whether they are notes"),
        (
            "data: {a: b}\n\nNOTES:\nThanks.\n",
            "has objects behind a line NOTES:, and does not tell whether they are notes",
        ),
        (f"Thanks.\n{HEAD}{OBJECT}", "holds what Helm printed in several runs"),
        ("Thanks.\nError: UPGRADE FAILED: no\n", "holds what Helm printed in several runs"),
    ],
)
def test_what_may_be_objects_is_not_passed_over(behind, message):
    with pytest.raises(InputError, match=message):
        read(f"{HEAD}{OBJECT}\nNOTES:\n{behind}")


def test_a_line_of_a_manifest_is_no_beginning_of_notes():
    text = f"{OBJECT}NOTES:\n  see: below\ndata: {{}}\n{OBJECT}"
    assert read(f"{HEAD}{text}\n").manifest == f"{text}\n"
