"""Whether a manifest ends early, told by what was deployed before.

A printout for people has no end mark of its own where the chart has no notes: a cut at a blank line looks like an end.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal

from plangate.ingest.helm.splitting import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.ingest.helm.splitting import Document


def looks_truncated(
    new: Sequence[Document],
    old: Sequence[Document],
    doubt: Literal["", "between", "within", "anywhere"],
    *,
    breaks: int = 0,
    before: str = "",
) -> bool:
    """Whether the last document of the new side, or those behind it, are likely to have been cut off.

    `doubt` is where the text could have been cut, `breaks` with how many line breaks it ends, and `before` the manifest of the
    old side as it was printed. What is refused here by mistake passes as JSON, which has an end.
    """
    if not doubt or not new:
        return False
    last = new[-1]
    gone = Counter(one.template for one in old) - Counter(one.template for one in new)
    missing = bool(gone)
    if doubt == "between":
        # Helm sorts by kind: what stood in front of the last one is not behind a cut.
        places = [i for i, one in enumerate(old) if _identity(one) == _identity(last)]
        lost = any(one.template in gone for one in old[places[-1] + 1 if places else 0 :])
        if lost or _more_follow(last, breaks, _endings(before)):
            return True
    if any(one.text == last.text for one in old):
        return False
    counterparts = [one.text for one in old if one.template == last.template]
    if doubt == "anywhere":
        return missing and any(text.startswith(last.text + "\n") for text in counterparts)
    end = last.text.rpartition("\n")[2]
    if not counterparts:
        return missing and doubt == "within"
    return any(f"{end}\n\n" in text for text in counterparts)


def _more_follow(last: Document, breaks: int, before: list[tuple[Document, int]]) -> bool:
    """Whether the line breaks behind a document are those in front of another one, rather than those at the end of all.

    Helm 4 ends a document with the line breaks of its template and one, and the last one with another. So what was printed
    before tells how the document ends where others follow. Helm 3 wrote every end alike: that tells nothing.
    """
    counts = [count for _, count in before]
    if max(counts, default=0) < 2:
        return False
    same = [count for one, count in before if _identity(one) == _identity(last)]
    return breaks <= (max(same) if same else min(counts))


def _endings(text: str) -> list[tuple[Document, int]]:
    """The documents of a manifest as `helm get manifest` prints it, each with the line breaks in front of another one."""
    found = []
    parts = re.split(r"(?m)^---", text)
    for i, part in enumerate(parts):
        breaks = len(part) - len(part.rstrip("\n")) - (i == len(parts) - 1)
        found += [(one, breaks) for one in split(part)[0] if breaks > 0]
    return found


def _identity(document: Document) -> tuple[str, ...]:
    """The identity of a document: its template, and the first kind and name in it."""
    words = (re.search(pattern, document.text) for pattern in (r"(?m)^kind:.*", r"(?m)^  name:.*"))
    return document.template, *(found[0] if found else "" for found in words)
