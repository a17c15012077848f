"""Budgets: invalid amounts and durations, and budgets that are never reset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plangate.applications.litellm.proxy import Problem, is_number, leaves, said, tree, whole
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy
    from plangate.model.values import Path, Value

_SECTION: Final = "litellm_settings"
_AMOUNTS: Final = ("max_budget", "soft_budget", "budget_limit")
_PERIODS: Final = ("budget_duration", "time_period")
DURATION: Final = re.compile(r"([1-9]\d*)(s|m|h|d|w|mo)")
"""How long, as LiteLLM reads it: `30d`, `1mo`."""


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the budgets on one side."""
    if proxy.config is None:
        return
    for path, subject, value in _budget_settings(proxy):
        yield from _below(path, subject, value)
    if whole(proxy.setting(_SECTION, "max_budget")) and proxy.setting(_SECTION, "budget_duration") is ABSENT:
        because = "sets litellm_settings.max_budget without budget_duration: once it is spent, the proxy refuses requests for good"
        yield Problem("budget-never-reset", "max_budget", because, path=(_SECTION, "max_budget"))
    if proxy.setting("general_settings", "disable_reset_budget") is True:
        because = "switches off the task that resets budgets (general_settings.disable_reset_budget): once spent, they stay spent"
        yield Problem("budget-never-reset", "task", because, path=("general_settings", "disable_reset_budget"))


def _budget_settings(proxy: Proxy) -> Iterator[tuple[Path, str, Value]]:
    """The settings with budgets: (path, a name that does not depend on the order of models, settings)."""
    yield (_SECTION,), _SECTION, proxy.section(_SECTION)
    name = "provider_budget_config"
    yield ("router_settings", name), name, tree(proxy.setting("router_settings", name))
    models = (proxy.config or {}).get("model_list")
    for i, entry in enumerate(models if isinstance(models, list) else []):
        params = tree(tree(entry).get("litellm_params"))
        yield ("model_list", i, "litellm_params"), str(tree(entry).get("model_name")), params


def _below(path: Path, subject: str, value: Value) -> Iterator[Problem]:
    for where, leaf in leaves(value, path):
        key = str(where[-1])
        name = f"{subject} {said(where[len(path) :])}"
        if is_number(leaf) and (key in _AMOUNTS or key.endswith("_budget")):
            if leaf < 0:  # type: ignore[operator]
                yield Problem("budget-invalid", name, f"sets {said(where)} below 0", path=where)
            elif leaf == 0:
                because = (
                    f"sets {said(where)} to 0: depending on the release that means no budget or no spending at all"
                )
                yield Problem("budget-invalid", name, because, path=where)
        elif (
            key in _PERIODS
            and len(where) > len(path) + 1
            and isinstance(leaf, str)
            and not DURATION.fullmatch(leaf)
            and not leaf.startswith("os.environ/")
        ):
            because = f'{said(where)} is {leaf}, not a duration such as "30d"'
            yield Problem("duration-invalid", name, because, path=where)


def transitions(before: Proxy, after: Proxy) -> Iterator[Problem]:
    """The problems of a change that removes or raises budgets."""
    for key in ("max_budget", "max_internal_user_budget", "max_end_user_budget", "max_user_budget"):
        old, new = (side.setting(_SECTION, key) for side in (before, after))
        if is_number(old) and old > 0 and new is ABSENT:  # type: ignore[operator]
            yield Problem("budget-removed", key, f"takes the budget litellm_settings.{key} away", path=(_SECTION, key))
        elif is_number(old) and is_number(new) and 0 < old < new and new >= 2 * old:  # type: ignore[operator]
            because = f"raises litellm_settings.{key} from {old} to {new}"
            yield Problem("budget-raised", key, because, path=(_SECTION, key))
    for section, key, words in (
        ("router_settings", "provider_budget_config", "the budgets of providers"),
        (_SECTION, "upperbound_key_generate_params", "the upper bounds of new keys, budgets among them"),
        (_SECTION, "default_team_params", "the defaults of new teams, budgets among them"),
        (_SECTION, "default_internal_user_params", "the defaults of new users, budgets among them"),
        (_SECTION, "tag_budget_config", "the budgets of tags"),
    ):
        if before.setting(section, key) is not ABSENT and after.setting(section, key) is ABSENT:
            yield Problem("budget-removed", key, f"takes away {words} ({section}.{key})", path=(section, key))
