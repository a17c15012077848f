"""The first version of a policy: a file that loads and whose cases pass, to be changed from there."""

from __future__ import annotations

import re
from typing import Final

from plangate.errors import UsageError

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_TYPE = r"[a-z][a-z0-9_]*"

_TEMPLATE: Final = """\
id: {id}
family: terraform
severity: medium        # critical blocks, high blocks in a protected environment and is a review elsewhere, medium is a review, the rest is counted
summary: {summary}
why: >-
  Say what goes wrong, and for whom. Whoever is stopped reads this first.
match: {{source: terraform, actions: [create, update], types: {type}}}
# CEL. It is violated where this holds. Values: before('path'), after('path'), changed('path'); see docs/writing-policies.md.
when: after('tags.owner') == null
message: "{{address}} has no tag owner"
remediation: Add the tag owner, with the team that answers for it.
references: [https://example.org/our-rules]
tests:
  violated:
    - {{type: {type}, after: {{name: example}}}}
  satisfied:
    - {{type: {type}, after: {{name: example, tags: {{owner: ann}}}}}}
    - {{type: {type}, before: {{name: example}}}}
  unknown:
    - {{type: {type}, after: {{name: example}}, after_unknown: {{tags: true}}}}
"""


def text(id_: str, type_: str) -> str:
    """The file. Raises `UsageError` for an id or a type that no policy can have."""
    if not re.fullmatch(_ID, id_):
        raise UsageError("is not an id: kebab-case, such as bucket-made-public", where=id_)
    if not re.fullmatch(_TYPE, type_):
        raise UsageError("is not a type, such as aws_s3_bucket", where=type_)
    words = id_.replace("-", " ")
    return _TEMPLATE.format(id=id_, type=type_, summary=words[:1].upper() + words[1:])
