"""What a cluster draws by chance, replaced by fixed values in the order in which it appears."""

from __future__ import annotations

import re

_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_ADDRESS = re.compile(r"\b10\.96\.\d+\.\d+\b")
_NODE_PORT = re.compile(r'("(?:nodePort|healthCheckNodePort)": ?)(3[0-2]\d{3})\b')
_FIXED = (
    (_TIME, "2026-01-31T12:00:00Z"),
    (re.compile(r"(LAST DEPLOYED: ).*"), r"\g<1>Sat Jan 31 12:00:00 2026"),
    (re.compile(r'("resourceVersion": ?)"\d+"'), r'\g<1>"1"'),
    (re.compile(r'("modifiedAt": ?)"\d+"'), r'\g<1>"1769860800"'),
    (re.compile(r'("pod-template-hash": ?)"[a-z0-9]+"'), r'\g<1>"0"'),
)


class Normal:
    """One recording's replacements. What stands in the scenario itself is meant and stays."""

    def __init__(self, scenario: str):
        self._meant = scenario
        self._seen: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        for pattern, fixed in _FIXED:
            text = pattern.sub(fixed, text)
        text = _UID.sub(lambda m: self._one(m[0], "00000000-0000-4000-8000-{:012}", 1), text)
        text = _ADDRESS.sub(lambda m: self._one(m[0], "10.96.0.{}", 11), text)
        return _NODE_PORT.sub(lambda m: m[1] + self._one(m[2], "{}", 32001), text)

    def _one(self, found: str, form: str, first: int) -> str:
        if found in self._meant:
            return found
        same_form = sum(1 for one in self._seen.values() if re.fullmatch(re.sub(r"\{.*\}", r"\\d+", form), one))
        return self._seen.setdefault(found, form.format(first + same_form))
