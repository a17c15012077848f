"""Whether a manifest ends early, told by what was deployed before.

A printout for people has no end mark of its own where the chart has no notes: a cut at a blank line looks like an end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.ingest.manifests import Document


def early(
    new: Sequence[Document], old: Sequence[Document], doubt: Literal["", "between", "within", "anywhere"]
) -> bool:
    """Whether the last document of the new side, or those behind it, are likely to have been cut off.

    `doubt` is where the text could have been cut. What is refused here by mistake passes as JSON, which has an end.
    """
    if not doubt or not new:
        return False
    last = new[-1]
    missing = bool(Counter(one.template for one in old) - Counter(one.template for one in new))
    if doubt == "between":
        return missing
    if any(one.text == last.text for one in old):
        return False
    counterparts = [one.text for one in old if one.template == last.template]
    if doubt == "anywhere":
        return missing and any(text.startswith(last.text + "\n") for text in counterparts)
    end = last.text.rpartition("\n")[2]
    return missing if not counterparts else any(f"{end}\n\n" in text for text in counterparts)
