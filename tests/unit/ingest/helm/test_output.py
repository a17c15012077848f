import pytest

from plangate.ingest.helm.output import read

MANIFEST = "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    MANIFEST:\n    ---\n    NOTES:\n\n"
HEAD = (
    'Release "web" has been upgraded. Happy Helming!\nNAME: web\nLAST DEPLOYED: Mon Nov 23 13:18:46 2026\n'
    "NAMESPACE: prod\nSTATUS: pending-upgrade\nREVISION: 8\n"
)
HOOK = "---\n# Source: web/templates/hook.yaml\nkind: Job\n"
WHOLE = f"{HEAD}TEST SUITE: None\nHOOKS:\n{HOOK}MANIFEST:\n{MANIFEST}NOTES:\nMANIFEST:\n---\nkind: Pod\n"


def stamped(text, stamp="2026-11-24T04:00:00.1234567Z "):
    return "".join(f"{stamp}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE.replace("\n", "\r\n"),
        WHOLE.replace("STATUS: pending-upgrade", "STATUS: \x1b[33mpending-upgrade\x1b[0m"),
        stamped(WHOLE),
        stamped(WHOLE, "deploy\tDry run\t2026-11-24T04:00:00.1234567Z "),
        stamped(WHOLE, "2026-11-24T04:00:00.123456Z 01O "),
        "coalesce.go:298: warning: cannot overwrite table with non table for web.x\nPulled: example/web:1\n" + WHOLE,
        WHOLE.replace(
            "HOOKS:\n",
            "USER-SUPPLIED VALUES:\nHOOKS:\n  a: 1\nMANIFEST:\n- x\n\nCOMPUTED VALUES:\nNOTES: x\n\nHOOKS:\n",
            1,
        ),
    ],
    ids=["plain", "crlf", "colour", "stamped", "gh run view", "gitlab", "noise", "debug"],
)
def test_words_of_values_hooks_and_notes_fool_nobody(text):
    printed = read(text.encode())
    assert (printed.name, printed.namespace, printed.status, printed.revision) == ("web", "prod", "pending-upgrade", 8)
    assert printed.hooks == HOOK
    assert printed.manifest == MANIFEST
    assert not printed.cut


def test_helm_4_is_known_by_its_description():
    assert read(WHOLE.encode()).description is None
    assert read(WHOLE.replace("REVISION: 8\n", "REVISION: 8\nDESCRIPTION: Dry run complete\n").encode()).description


def test_a_dry_run_with_a_description_of_its_own_holds_no_manifest():
    printed = read(f"{HEAD}DESCRIPTION: weekly\nNOTES:\nMANIFEST:\n".encode())
    assert printed.manifest is None


def test_a_refusal_is_told_in_helms_words():
    failed = read(b"level=WARN msg=x\nError: UPGRADE FAILED: no matches for kind\nensure CRDs are installed first\n")
    assert failed.failed == "no matches for kind\nensure CRDs are installed first"


@pytest.mark.parametrize("end", [WHOLE.index("MANIFEST:\n"), WHOLE.index("data:")])
def test_a_text_that_ends_early_is_known(end):
    assert read(WHOLE[:end].encode()).cut


def test_a_release_that_does_not_exist_is_installed():
    assert read(b'Release "web" does not exist. Installing it now.\n' + WHOLE.encode()).installing


ONE = "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\nmetadata:\n  name: a\n"
TWO = "---\n# Source: web/templates/b.yaml\nkind: Service\n"
GAP = "---\n# Source: web/templates/c.yaml\nkind: ConfigMap\n\nmetadata:\n  name: c\n"


@pytest.mark.parametrize(
    ("manifest", "cut", "doubt"),
    [
        ("", True, ""),
        ("\n", False, ""),
        (ONE, True, ""),
        (f"{ONE}\n", False, ""),
        (f"{ONE}{TWO}\n", False, ""),
        (f"{ONE}\n{TWO}\n", True, ""),
        (f"{ONE}\n{TWO}\n\n", False, ""),
        (f"{GAP}{TWO}\n", False, "within"),
        (f"{GAP}{TWO}\nNOTES:\n", False, ""),
    ],
)
def test_where_a_manifest_ends(manifest, cut, doubt):
    printed = read(f"{HEAD}HOOKS:\nMANIFEST:\n{manifest}".encode())
    assert (printed.cut, printed.doubt) == (cut, doubt)


def test_one_document_of_helm_4_may_be_the_first_of_two():
    printed = read(f"{HEAD}DESCRIPTION: Dry run complete\nHOOKS:\nMANIFEST:\n{ONE}\n".encode())
    assert (printed.cut, printed.doubt) == (False, "between")


@pytest.mark.parametrize(
    ("manifest", "doubt", "breaks"),
    [
        (f"{ONE}\n{TWO}\n", "between", 2),
        (f"{ONE}\n\n{TWO}\n\n", "between", 3),
        (f"{ONE}\n{TWO}\n\n", "", 3),
        (f"{ONE}{TWO}\n", "", 2),
    ],
)
def test_what_ends_as_a_document_of_helm_4_does_is_not_called_cut(manifest, doubt, breaks):
    printed = read(f"{HEAD}DESCRIPTION: Dry run complete\nHOOKS:\nMANIFEST:\n{manifest}".encode())
    assert (printed.cut, printed.doubt, printed.breaks) == (False, doubt, breaks)
