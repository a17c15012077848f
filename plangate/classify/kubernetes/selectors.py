"""Label selectors, as `LabelSelectorAsSelector` of apimachinery reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes.objects import items, section

if TYPE_CHECKING:
    from plangate.model.values import Value

    Body = dict[str, Value]


def matches(selector: Value, labels: Body) -> bool:
    """Whether a selector with `matchLabels` and `matchExpressions` matches labels. An empty one matches everything."""
    wanted = section(selector, "matchLabels")
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(one, labels) for one in items(selector, "matchExpressions")
    )


def _holds(expression: Body, labels: Body) -> bool:
    key, values = str(expression.get("key")), expression.get("values")
    listed = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in listed
        case "NotIn":
            return labels.get(key) not in listed
        case "Exists":
            return key in labels
        case _:
            return key not in labels
