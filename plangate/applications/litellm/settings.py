"""Settings: which section reads them, of which type they are, and which values break the proxy."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from plangate.applications.litellm.budgets import DURATION
from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, is_number, is_reference, said, whole
from plangate.model.values import ABSENT, Embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.applications.litellm.proxy import Proxy
    from plangate.model.values import Absent, Value

SECTIONS: Final = ("general_settings", "litellm_settings", "router_settings")
_CLOSE: Final = 0.84
_UNIT: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2592000}
_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: is_number(value) and value == int(value),
    "number": is_number,
    "text": lambda value: isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
    "any": lambda _: True,
}
_WORDS: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "number": "a number",
    "text": "text",
    "list": "a list",
    "map": "a map",
}


def problems(proxy: Proxy) -> Iterator[Problem]:
    """What is wrong with the settings of one side."""
    if proxy.config is None:
        return
    yield from _sections(proxy)
    for section in SECTIONS:
        for key, value in proxy.section(section).items():
            yield from _placed(proxy, section, key, value)
            yield from _typed(section, key, value)
            yield from _ranged(section, key, value)
    yield from _limits(proxy)
    yield from _licensed(proxy)
    yield from _retention(proxy)


def _sections(proxy: Proxy) -> Iterator[Problem]:
    for key in proxy.config or {}:
        if key in known().sections:
            continue
        close = difflib.get_close_matches(key, known().sections, 1, _CLOSE)
        sections = [section for section in SECTIONS if key in known().settings[section]]
        if sections:
            because = f"{key} has no effect at the top: it is read from {' or '.join(sections)} only"
            yield Problem("setting-misplaced", key, because, path=(key,))
        elif close:
            because = f"names a section {key}, which nothing reads: {close[0]} was meant"
            yield Problem("section-misspelled", key, because, path=(key,))
        else:
            yield Problem("section-unknown", key, f"names a section {key}, which LiteLLM does not know", path=(key,))
    for section in SECTIONS:
        value = (proxy.config or {}).get(section)
        if value is not None and not isinstance(value, (dict, Embedded)) and not hidden(value):
            yield Problem("section-misspelled", section, f"{section} is not a map of settings", path=(section,))


def _placed(proxy: Proxy, section: str, key: str, value: Value) -> Iterator[Problem]:
    """Where a setting stands, and where it is read."""
    tables, path = known().settings, (section, key)
    if key.startswith("dangerously_"):
        if value is False:
            return
        yield Problem("dangerous-switch", key, f"sets {said(path)}, which switches off a protection", path=path)
        return
    if key in tables[section]:
        if key in known().deprecated.get(section, {}):
            because = f"{said(path)} is deprecated: {known().deprecated[section][key]}"
            yield Problem("setting-deprecated", said(path), because, path=path)
        if section == "litellm_settings" and key in known().either:
            other = proxy.setting("router_settings", key)
            if other is not ABSENT and other != value:
                because = f"sets {key} in litellm_settings and in router_settings, and the router's wins"
                yield Problem("setting-twice", key, because, path=path)
        return
    if section == "litellm_settings" and key in known().either:
        return
    if known().moved.get(key) == "env":
        because = f"{said(path)} has no effect: {key} is read from the environment"
        yield Problem("setting-misplaced", said(path), because, path=path)
        return
    sections = [name for name in SECTIONS if key in tables[name]]
    if sections:
        because = f"{said(path)} has no effect there: it is read from {' or '.join(sections)} only"
        yield Problem("setting-misplaced", said(path), because, path=path)
        return
    names = [name for table in (section, *SECTIONS) for name in tables[table]]
    close = difflib.get_close_matches(key, names, 1, _CLOSE)
    if close:
        because = f"{said(path)} has no effect: LiteLLM knows {close[0]}"
        yield Problem("setting-misspelled", said(path), because, path=path)
    else:
        because = f"{said(path)} is not a setting of LiteLLM {known().versions}"
        yield Problem("setting-unknown", said(path), because, path=path)


def _typed(section: str, key: str, value: Value) -> Iterator[Problem]:
    kind = known().settings[section].get(key)
    if kind is None or value is None or hidden(value) or isinstance(value, Embedded) or is_reference(value):
        return
    if not _TYPES[kind](value):
        yield Problem(
            "setting-type", said((section, key)), f"{section}.{key} is not {_WORDS[kind]}", path=(section, key)
        )
    elif key in known().durations and isinstance(value, str) and not DURATION.fullmatch(value):
        because = f'{section}.{key} is not a duration such as "30d"'
        yield Problem("duration-invalid", said((section, key)), because, path=(section, key))


def _ranged(section: str, key: str, value: Value) -> Iterator[Problem]:
    limits = known().ranges.get(section, {}).get(key)
    if limits is not None and is_number(value) and not limits[0] <= value <= limits[1]:  # type: ignore[operator]
        because = f"sets {section}.{key} to {value}, and it has to be from {limits[0]} to {limits[1]}"
        yield Problem("setting-range", said((section, key)), because, path=(section, key))


def _limits(proxy: Proxy) -> Iterator[Problem]:
    """Limits of parallel requests and of rates, where 0 does not mean "unlimited"."""
    key = "global_max_parallel_requests"
    value, path = proxy.setting("general_settings", key), ("general_settings", key)
    number = whole(value)
    if hidden(value):
        yield Problem("parallel-limit-blocks", key, f"{said(path)} cannot be seen", path=path, certain=False)
    elif number is not None and number <= 1:
        because = (
            f"sets {said(path)} to {number}: the limiter then refuses every request (leave the key out for no limit)"
        )
        yield Problem("parallel-limit-blocks", key, because, path=path)
    elif number is not None:
        because = (
            f"sets {said(path)}: it is counted in each worker by itself, so the proxy allows {number} times its workers"
        )
        yield Problem("parallel-limit-per-worker", key, because, path=path)
    for section, name in (
        ("general_settings", "max_parallel_requests"),
        ("router_settings", "default_max_parallel_requests"),
    ):
        number = whole(proxy.setting(section, name))
        if number is not None and number <= 0:
            because = f"sets {section}.{name} to {number}: that is no way to say unlimited (leave the key out)"
            yield Problem("limit-zero", name, because, path=(section, name))


def _licensed(proxy: Proxy) -> Iterator[Problem]:
    licence = proxy.setting("general_settings", "litellm_license") is not ABSENT or proxy.provides("LITELLM_LICENSE")
    if licence:
        return
    for key in (*known().licensed, *known().licensed_or_refused):
        value, path = proxy.setting("general_settings", key), ("general_settings", key)
        if value is ABSENT or value == [] or value is False:
            continue
        if key in known().licensed_or_refused:
            because = f"sets {said(path)}, and the proxy refuses to start with it without an Enterprise licence"
            yield Problem("licence-refused", key, because, path=path, certain=licence is False)
            if licence is None:
                unseen = f"{because}: whether {', '.join(proxy.opaque[:3])} holds LITELLM_LICENSE cannot be seen"
                yield Problem("licence-missing", key, unseen, path=path)
        else:
            because = f"sets {said(path)}, which is skipped without an Enterprise licence; none can be seen"
            yield Problem("licence-missing", key, because, path=path)


def _retention(proxy: Proxy) -> Iterator[Problem]:
    """Prompts in the database, and how long they stay."""
    general = "general_settings"
    stores = proxy.setting(general, "store_prompts_in_spend_logs")
    period = proxy.setting(general, "maximum_spend_logs_retention_period")
    path = (general, "store_prompts_in_spend_logs")
    if stores is True and period is ABSENT:
        because = "stores whole prompts and answers in the database, and nothing deletes them"
        yield Problem("prompts-kept", "prompts", because, path=path)
    if stores is True and proxy.setting(general, "disable_spend_logs") is True:
        because = "stores prompts in spend logs while spend logs are switched off"
        yield Problem("logging-contradiction", "spend", because, path=path)
    if stores is True and proxy.setting("litellm_settings", "turn_off_message_logging") is True:
        because = "hides messages from callbacks while it stores them in the database"
        yield Problem("logging-contradiction", "messages", because, path=path)
    interval = proxy.setting(general, "maximum_spend_logs_retention_interval")
    lengths = [seconds(period), seconds(interval)]
    if lengths[0] is not None and lengths[1] is not None and lengths[1] > lengths[0]:
        because = "cleans up spend logs more rarely than they may be kept"
        yield Problem("duration-invalid", "interval", because, path=(general, "maximum_spend_logs_retention_interval"))
    threshold, timeout = proxy.setting(general, "alerting_threshold"), proxy.either("request_timeout")
    if is_number(threshold) and is_number(timeout) and threshold >= timeout:  # type: ignore[operator]
        because = f"alerts after {threshold} s, when requests have been cut off after {timeout} s already"
        yield Problem("alert-never", "threshold", because, path=(general, "alerting_threshold"))


def seconds(value: Value | Absent) -> int | None:
    """The seconds of a duration such as `30d`; None for anything else."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else int(found[1]) * _UNIT[found[2]]
