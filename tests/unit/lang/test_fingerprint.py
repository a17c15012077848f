from plangate.lang import fingerprint


def test_the_same_parts_have_the_same_fingerprint_everywhere():
    assert fingerprint.of("plan-stale", "plan.json") == "7483bc6b69eedf47"
    assert fingerprint.of_bytes(b"plan-stale\0plan.json") == fingerprint.of("plan-stale", "plan.json")


def test_parts_do_not_run_into_each_other():
    assert len({fingerprint.of(*parts) for parts in (("a", "b"), ("ab",), ("", "ab"), ("ab", ""), ("b", "a"))}) == 5


def test_half_a_character_has_a_fingerprint():
    assert len(fingerprint.of("\ud800")) == 16
