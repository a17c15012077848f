"""The first version of a policy: a file that loads and whose cases pass, to be changed from there."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from msgspec import Struct

from plangate.errors import UsageError
from plangate.model.input import Source
from plangate.policy.type_names import UnknownTypeError, api_version, of_source, resolve

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_TYPE = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+"

_TEMPLATE: Final = """\
# yaml-language-server: $schema={schema}
id: {id}
family: {family}
severity: medium        # critical blocks, high blocks in a protected environment and is a review elsewhere, medium is a review, the rest is counted
summary: {summary}
why: >-
  Say what goes wrong, and for whom. Whoever is stopped reads this first.
# What an object is like is decided when it is created or updated, and when it is replaced: that makes a new one.
match: {{source: {source}, actions: [{actions}], types: {type}}}
# CEL. It is violated where this holds. Values: before('path'), after('path'), changed('path'); see docs/writing-policies.md.
when: after('{path}') == null
message: "{{address}} has no {what} owner"
remediation: Add the {what} owner, with the team that answers for it.
references: [https://example.org/our-rules]
tests:
{cases}
"""
SCHEMA: Final = "https://raw.githubusercontent.com/plangate/plangate/main/docs/policy.schema.json"
"""Where editors find the JSON Schema of policy files."""


def text(id_: str, type_: str, family: str = "") -> str:
    """The file, of a family or of that of its tool. Raises `UsageError` for an id or a type that no policy can have."""
    if not re.fullmatch(_ID, id_):
        raise UsageError("is not an id: kebab-case, such as bucket-made-public", where=id_)
    # One word is a kind of Kubernetes, as people type it: types of Terraform begin with their provider.
    source = Source.HELM if "_" not in type_ else of_source(type_)
    if source is Source.TERRAFORM and not re.fullmatch(_TYPE, type_):
        raise UsageError("is not a type, such as aws_s3_bucket or Deployment", where=type_)
    try:
        resolved = resolve(type_, source)[0]
    except UnknownTypeError as error:
        raise UsageError(str(error), where=f"--type {type_}") from None
    words = id_.replace("-", " ")
    made = _helm(resolved) if source is Source.HELM else _terraform(resolved)
    return _TEMPLATE.format(
        schema=SCHEMA,
        id=id_,
        family=family or source.value,
        source=source.value,
        actions=", ".join(made.actions),
        type=f'"{resolved}"' if "*" in resolved else resolved,
        summary=words[:1].upper() + words[1:],
        path=made.path,
        what=made.what,
        cases="\n".join(
            line for expected, cases in made.cases.items() for line in (f"  {expected}:", *map(_case, cases))
        ),
    )


class _Made(Struct, frozen=True):
    """What differs between the tools: which actions make an object what it is, its path of the owner, and the cases."""

    actions: tuple[str, ...]
    path: str
    what: str
    cases: dict[str, list[dict[str, Any]]]


def _terraform(type_: str) -> _Made:
    bare, tagged = {"name": "example"}, {"name": "example", "tags": {"owner": "ann"}}
    replaced = {"name": "example", "location": "west"}
    of = {"type": type_}
    other = next(one for one in ("aws_s3_bucket", "aws_sqs_queue") if one != type_)
    cases: dict[str, list[dict[str, Any]]] = {
        "violated": [
            {**of, "after": bare},
            {**of, "before": tagged, "after": bare},
            {**of, "actions": ["delete", "create"], "before": replaced, "after": bare},
        ],
        "satisfied": [{**of, "after": tagged}, {**of, "before": bare}, {"type": other, "after": bare}],
        "unknown": [{**of, "after": bare, "after_unknown": {"tags": True}}],
    }
    return _Made(("create", "update", "replace"), "tags.owner", "tag", cases)


def _helm(type_: str) -> _Made:
    other = next(one for one in ("core/ConfigMap", "core/Service") if one != type_)
    bare, tagged = _object(type_, {}), _object(type_, {"owner": "ann"})
    cases: dict[str, list[dict[str, Any]]] = {
        "violated": [{"after": bare}, {"before": tagged, "after": bare}],
        "satisfied": [{"after": tagged}, {"before": bare}, {"after": _object(other, {})}],
    }
    return _Made(("create", "update"), "metadata.labels.owner", "label", cases)


def _object(type_: str, labels: dict[str, str]) -> dict[str, Any]:
    """An object of a type with nothing but its name."""
    metadata: dict[str, Any] = {"name": "example", **({"labels": labels} if labels else {})}
    return {"apiVersion": api_version(type_), "kind": type_.partition("/")[2], "metadata": metadata}


def _case(case: dict[str, Any]) -> str:
    """A case on one line."""
    flow = yaml.safe_dump(case, default_flow_style=True, sort_keys=False, width=10_000)
    return f"    - {flow.strip()}"
