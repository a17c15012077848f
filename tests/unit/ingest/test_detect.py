import gzip
import json
import time

import pytest

from plangate.errors import InputError
from plangate.ingest.detect import documents
from plangate.model.input import Kind, RawInput

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [],
    "configuration": {"root_module": {}},
}
TEXT = json.dumps(PLAN)


def found(data):
    given = RawInput("in", data if isinstance(data, bytes) else data.encode())
    return [(document.kind, document.notes) for document in documents(given)]


def refusal(data):
    with pytest.raises(InputError) as caught:
        found(data)
    return caught.value.message


SKIPPED = "lines before the plan were skipped (setup-terraform: terraform_wrapper: false)"


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (TEXT, ()),
        (f"\n  {TEXT}\n", ()),
        (json.dumps(PLAN, indent=2), ()),
        (TEXT.encode("utf-8-sig"), ()),
        (TEXT.encode("utf-16"), ("was UTF-16, as PowerShell's `>` writes it",)),
        (TEXT.encode("utf-16-le"), ("was UTF-16, as PowerShell's `>` writes it",)),
        (gzip.compress(TEXT.encode()), ("was compressed with gzip",)),
        (f"[command]/usr/bin/terraform-bin show -json tfplan\n{TEXT}", (SKIPPED,)),
        (f"[command]/usr/bin/terraform-bin show -json tfplan\n{TEXT}\n::debug::exitcode: 0\n", (SKIPPED,)),
        (f"\x1b[0m\x1b[1mInitializing\x1b[0m\n{TEXT}", (SKIPPED,)),
        (f"2026-01-01T00:00:00.0000000Z {TEXT}", (SKIPPED,)),
        (f"Plan: 1 to add, 0 to change, 0 to destroy.\n{TEXT}", (SKIPPED,)),
    ],
)
def test_a_plan_is_found_in_every_wrapping(data, notes):
    assert found(data) == [(Kind.TERRAFORM_PLAN, notes)]


def test_a_plan_with_the_keys_of_a_stream_in_its_first_line_is_a_plan():
    plan = json.dumps({"@level": "info", "@message": "x", "@type": "version", **PLAN}).encode()
    (found,) = documents(RawInput("p", plan))
    assert found.kind is Kind.TERRAFORM_PLAN
    (stream,) = documents(RawInput("p", b'{"@level":"info","@message":"x","type":"version"}\n'))
    assert stream.kind is Kind.TERRAFORM_STREAM


def test_several_plans_in_one_file_are_several_documents():
    assert found(f"{TEXT}\n{TEXT}") == [(Kind.TERRAFORM_PLAN, ())] * 2
    assert found(f"Group 1\n{TEXT}\nGroup 2\n{TEXT}\n") == [(Kind.TERRAFORM_PLAN, (SKIPPED,))] * 2


@pytest.mark.parametrize(
    "sections",
    [
        {"resource_changes": None},
        {"resource_changes": None, "configuration": None},
        {"format_version": None},
        {"format_version": 1},
    ],
)
def test_a_plan_whose_sections_are_null_is_refused(sections):
    assert refusal(json.dumps({**PLAN, **sections})).startswith("looks like a plan, but a part of it is missing")


def test_a_plan_without_resource_changes_is_a_plan():
    outputs_only = {key: value for key, value in PLAN.items() if key != "resource_changes"}
    assert found(json.dumps(outputs_only)) == [(Kind.TERRAFORM_PLAN, ())]


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_every_minor_version_is_read(version):
    assert found(json.dumps({**PLAN, "format_version": version})) == [(Kind.TERRAFORM_PLAN, ())]


def test_a_new_major_version_is_refused():
    assert refusal(json.dumps({**PLAN, "format_version": "2.0"})) == "has a plan format of a newer major version"


def test_a_stream_and_a_saved_plan_are_told_by_their_content():
    line = '{"@level":"info","@message":"Terraform 1.11.4","@module":"terraform.ui","type":"version"}\n'
    assert found(line) == [(Kind.TERRAFORM_STREAM, ())]
    assert found(b"PK\x03\x04....") == [(Kind.TERRAFORM_PLANFILE, ())]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("{}", "is an empty JSON object"),
        ("[]", "is a JSON list, not a plan"),
        ("null\n", "is a single JSON value, not a plan"),
        ('{"a": 1}', "is JSON, but not a plan nor a dry run"),
        ('{"version": 4, "serial": 1, "lineage": "x", "resources": []}', "is a Terraform state, not a plan"),
        ('{"format_version": "1.0", "values": {}}', "is a Terraform state, not a plan"),
        ('{"format_version": "1.0"}', "is an empty state or an empty plan without any section"),
        (
            '{"format_version": "1.0", "provider_schemas": {}}',
            "is `terraform providers schema -json` output, not a plan",
        ),
        ('{"a": {"sensitive": false, "type": "string", "value": "x"}}', "is `terraform output -json`, not a plan"),
        ('{"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}', "is encrypted by OpenTofu"),
        ("<!DOCTYPE html><html>", "is an HTML page, perhaps a log-in or an error page"),
        ("<Error><Code>NoSuchKey</Code></Error>", "is XML, perhaps an error of the store it came from"),
        ("Terraform will perform the following actions:\n", "is a plan as text for people"),
        ("\x1b[1mNo changes.\x1b[0m Your infrastructure matches", "is a plan as text for people"),
        ('resource "aws_instance" "a" {\n}\n', "is Terraform configuration, not a plan"),
        ('region = "eu-west-1"\n', "is a Terraform variables file or a part of a configuration, not a plan"),
        ("replicas: 3\n", "is YAML, perhaps Helm values: evidence, not what will happen"),
        ("USER-SUPPLIED VALUES:\nreplicas: 3\n", "is `helm get values`: evidence, not what will happen"),
        ('[{"revision": 1}]', "is `helm history`: evidence, not what will happen"),
        (
            '{"name": "web", "chart": "web", "version": "1.0.0"}',
            "is `helm get metadata`: evidence, not what will happen",
        ),
        (
            '{"apiVersion": "v1", "kind": "List", "items": [{"metadata": {"uid": "1"}}]}',
            "is what `kubectl get` shows of a cluster: evidence, not what will happen",
        ),
        ("apiVersion: v1\nkind: Service\n", "looks like a Kubernetes manifest, but a part of it is missing"),
        ("MANIFEST:\n", "is Helm output, but no dry run of an upgrade"),
        ("Error: No configuration files\n", "is an error message, not a plan"),
        (b"\x7fELF\0\0\0", "is binary data, but not a saved plan"),
        ("hello world", "is not a plan, nor anything else that plangate knows"),
        (b"{\xff}", "is not UTF-8"),
        ('{"a":' * 100_000, "is nested too deeply, or holds an absurd number"),
    ],
)
def test_everything_else_is_named_for_what_it_is(data, message):
    assert refusal(data) == message


@pytest.mark.parametrize(
    "wrap", [str.encode, lambda text: gzip.compress(text.encode()), lambda text: text.encode("utf-16")]
)
def test_a_cut_plan_is_refused_wherever_it_is_cut(wrap):
    data = wrap(TEXT)
    for end in range(len(data)):
        with pytest.raises(InputError):
            found(data[:end])


def test_the_second_of_two_plans_cut_anywhere_is_refused():
    both = f"{TEXT}\n{TEXT}"
    for end in range(len(TEXT) + 2, len(both)):
        with pytest.raises(InputError):
            found(both[:end])


def test_no_refusal_quotes_the_input():
    secret = "invented-canary-51ab"
    for data in (
        f"hello {secret}",
        json.dumps({"key": secret}),
        f'{{"format_version": "{secret}", "resource_changes": []}}',
    ):
        with pytest.raises(InputError) as caught:
            found(data)
        assert secret not in f"{caught.value} {caught.value.hint} {caught.value.place}"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('Release "web" has been upgraded. Happy Helming!\nNAME: web\n', Kind.HELM_DRY_RUN),
        ("W1123 13:18:46.171627   37790 warnings.go:70] old\nNAME: web\nLAST DEPLOYED: Mon\n", Kind.HELM_DRY_RUN),
        ("Error: UPGRADE FAILED: another operation is in progress\n", Kind.HELM_DRY_RUN),
        ('{"name": "web", "info": {}, "manifest": ""}', Kind.HELM_DRY_RUN),
        ('Pulled: example/web:1\nDigest: sha256:0\n{"name":"web","info":{},"manifest":""}\n', Kind.HELM_DRY_RUN),
        ("chart:\n  lock: null\ninfo:\n  status: pending-upgrade\nmanifest: |\n  ---\nname: web\n", Kind.HELM_DRY_RUN),
        ("---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: Service\nmetadata:\n", Kind.HELM_MANIFEST),
    ],
)
def test_what_helm_prints_is_known_by_its_content(data, kind):
    assert [document_kind for document_kind, _ in found(data)] == [kind]


def test_a_section_whose_name_is_not_utf_8_is_refused() -> None:
    data = b'{"format_version":"1.2","\xed\xa0\xbd":{},"planned_values":{},"configuration":{},"resource_changes":[]}'
    with pytest.raises(InputError, match="has a section whose name is not UTF-8"):
        documents(RawInput("plan.json", data))


def test_very_many_sections_take_no_long_time() -> None:
    sections = ",".join(f'"a{i}":1' for i in range(60_000))
    data = f'{{"format_version":"1.2",{sections},"planned_values":{{}},"configuration":{{}},"resource_changes":[]}}'
    start = time.process_time()
    documents(RawInput("plan.json", data.encode()))
    assert time.process_time() - start < 5
