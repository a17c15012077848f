"""What a change brings in, told apart from what was there before it and from what cannot be seen."""

from __future__ import annotations

from typing import Any

from plangate.applications.litellm.proxy import Proxy
from plangate.applications.litellm.view import PictureSide, introduced, looks_like_configuration
from plangate.model.values import ABSENT, UNKNOWN, Sensitive

SOUND: dict[str, Any] = {
    "model_list": [{"model_name": "gpt-4o", "litellm_params": {"model": "openai/gpt-4o"}}],
    "general_settings": {"master_key": "os.environ/PROXY_MASTER_KEY"},
    "litellm_settings": {"request_timeout": 300},
}


def proxy(replicas: int = 3, opaque: tuple[str, ...] = (), **over: Any) -> Proxy:
    config = {**SOUND, **{key: {**SOUND.get(key, {}), **value} for key, value in over.items()}}
    return Proxy(
        config=config, replicas=replicas, env={"PROXY_MASTER_KEY": "x", "DISABLE_SCHEMA_UPDATE": "true"}, opaque=opaque
    )


def kinds(before: Proxy | None, after: Proxy) -> set[tuple[str, bool]]:
    return {(problem.kind, problem.certain) for problem in introduced(before, after)}


def test_a_problem_that_was_there_before_stays_quiet() -> None:
    broken = {"general_settings": {"global_max_parallel_requests": 0}}

    assert ("parallel-limit-blocks", True) in kinds(proxy(), proxy(**broken))
    assert kinds(proxy(**broken), proxy(**broken, replicas=4)) == set()


def test_an_uncertain_problem_that_becomes_certain_is_new() -> None:
    hidden = {"general_settings": {"global_max_parallel_requests": UNKNOWN}}
    seen = {"general_settings": {"global_max_parallel_requests": 1}}

    assert kinds(proxy(), proxy(**hidden)) == {("parallel-limit-blocks", False)}
    assert kinds(proxy(**hidden), proxy(**seen)) == {("parallel-limit-blocks", True)}


def test_a_setting_that_is_not_known_yet_is_told_and_the_address_of_what_is_made_beside_is_not() -> None:
    setting = {"general_settings": {"store_prompts_in_spend_logs": UNKNOWN}}
    address = {"litellm_settings": {"cache_params": {"host": UNKNOWN}}, "router_settings": {"redis_host": UNKNOWN}}

    assert kinds(proxy(), proxy(**setting)) == {("configuration-unseen", True)}
    assert kinds(proxy(), proxy(**address)) == set()


def test_a_masked_value_is_a_secret_in_the_text() -> None:
    leaked = {"litellm_settings": {"cache_params": {"password": Sensitive(1)}}}

    assert ("secret-literal", True) in kinds(proxy(), proxy(**leaked))


def test_connections_are_pool_times_workers_times_pods() -> None:
    pool = {"general_settings": {"database_connection_pool_limit": 30}}

    assert ("connections-exceeded", True) not in kinds(proxy(), proxy(**pool))
    assert ("connections-exceeded", True) in kinds(proxy(**pool), proxy(**pool, replicas=4))


def test_a_variable_that_an_unseen_secret_may_hold_is_not_said_to_be_missing() -> None:
    named = {"litellm_settings": {"langfuse_host": "os.environ/LANGFUSE_HOST"}}

    assert ("reference-missing", True) in kinds(proxy(), proxy(**named))
    found = kinds(proxy(opaque=("Secret keys",)), proxy(**named, opaque=("Secret keys",)))
    assert {one for one in found if "reference" in one[0]} == {("reference-missing", False)}


def test_an_unfamiliar_name_that_nobody_can_see_is_told() -> None:
    unseen = ("Secret keys",)
    for name in ("NOT_PROVIDED", "LANGFUSE_HOTS"):
        one = {
            "litellm_settings": {"langfuse_host": "os.environ/LANGFUSE_HOST", "langfuse_secret": f"os.environ/{name}"}
        }
        before = {"litellm_settings": {"langfuse_host": "os.environ/LANGFUSE_HOST"}}

        assert ("reference-unseen", True) in kinds(proxy(**before, opaque=unseen), proxy(**one, opaque=unseen))


def test_another_secret_at_the_same_place_is_another_leak() -> None:
    old, new = ({"litellm_settings": {"cache_params": {"password": Sensitive(i)}}} for i in (1, 2))

    assert ("secret-literal", True) in kinds(proxy(**old), proxy(**new))
    assert kinds(proxy(**old), proxy(**old, replicas=4)) == set()


def test_hostile_shapes_raise_nothing() -> None:
    for value in (None, 1, "x", [], [1, None, "x", {}], {"a": {"b": [None]}}, UNKNOWN, Sensitive(2), True):
        config = dict.fromkeys(
            ("model_list", "general_settings", "litellm_settings", "router_settings", "callback_settings"), value
        )
        assert introduced(Proxy(config=SOUND), Proxy(config=config)) is not None
        nested = {
            "router_settings": dict.fromkeys(
                ("fallbacks", "retry_policy", "model_group_alias", "routing_strategy"), value
            )
        }
        more = {
            "litellm_settings": dict.fromkeys(
                ("cache", "cache_params", "callbacks", "max_budget", "request_timeout"), value
            )
        }
        models = {
            "model_list": [
                {"model_name": value, "litellm_params": value},
                {"model_name": "a", "litellm_params": {"model": value, "rpm": value}},
            ]
        }
        assert (
            introduced(
                Proxy(config=SOUND), Proxy(config={**SOUND, **nested, **more, **models}, image=value, replicas=value)
            )
            is not None
        )


def test_hostile_shapes_of_services_and_pods_raise_nothing() -> None:
    for value in (None, 1, "x", "80%", "%", [], [1, None, "x", {}], {"a": {"b": [None]}}, UNKNOWN, Sensitive(2), True):
        config = {
            **SOUND,
            "guardrails": [value, {"guardrail_name": "a", "litellm_params": value}],
            "general_settings": dict.fromkeys(
                ("master_key", "pass_through_endpoints", "custom_auth", "alerting", "database_url"), value
            ),
            "router_settings": dict.fromkeys(("provider_budget_config", "timeout", "model_group_retry_policy"), value),
            "model_list": [{"model_name": "a", "litellm_params": {"model": "a/b", "timeout": value, "api_key": value}}],
        }
        pod = dict.fromkeys(
            ("args", "strategy", "resources", "startupProbe", "livenessProbe", "containers", "serviceAccountName"),
            value,
        )
        odd = Proxy(
            config=config,
            budget=True,
            budget_keeps=value,
            replicas=3,
            pod=pod,
            env={"A": value, "SSL_VERIFY": value},
            identity={"eks.amazonaws.com/role-arn": value},
            database={"image": value, "password": value},
        )
        plain = Proxy(config=SOUND, pod={"strategy": {}}, database={}, identity={"eks.amazonaws.com/role-arn": "x"})

        assert introduced(plain, odd) is not None
        assert introduced(odd, plain) is not None
        assert introduced(None, odd) is not None


def test_what_seems_absent_in_a_partial_picture_is_unknown() -> None:
    assert PictureSide({"a": 1}, partial=True).at(("b",)) is UNKNOWN
    assert PictureSide({"a": 1}).at(("b",)) is ABSENT
    assert PictureSide({"a": {"b": [1, 2]}}, partial=True).at(("a", "b", 1)) == 2


def test_only_a_model_list_with_settings_is_a_configuration() -> None:
    assert looks_like_configuration({"model_list": [], "router_settings": {}})
    assert not looks_like_configuration({"model_list": []})
    assert not looks_like_configuration({"general_settings": {}})
