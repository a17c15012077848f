"""The texts of documents, held against what Helm 4 applied (fixtures/helm-upgrades, and the recorded upgrades of public charts)."""

import pytest

from plangate.ingest.helm.manifests import parse
from plangate.ingest.helm.splitting import split

HEAD = "---\n# Source: web/templates/config.yaml\napiVersion: v1\nkind: ConfigMap\ndata:\n"
NEXT = "---\n# Source: web/templates/other.yaml\nkind: ConfigMap\n"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("  a: |+\n    one\n", "one\n"),
        ("  a: |+\n    one\n\n", "one\n\n"),
        ("  a: |+\n    one\n\n\n", "one\n\n\n"),
        ("  a: |\n    one\n\n\n", "one\n"),
        ("  a: |-\n    one\n\n", "one"),
    ],
)
def test_a_block_that_keeps_its_line_breaks_keeps_them_at_the_end_of_a_document(block, text):
    documents, _ = split(HEAD + block + NEXT)
    assert parse(documents[0], "")["data"] == {"a": text}


def test_documents_that_differ_in_trailing_breaks_alone_are_the_same():
    one, other = (split(f"{HEAD}  a: b\n{breaks}{NEXT}")[0] for breaks in ("", "\n\n"))
    assert [document.text for document in one] == [document.text for document in other]
