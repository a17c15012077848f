"""Compression is taken off within a limit that no real plan meets."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from plangate.errors import InputError
from plangate.ingest import envelope


def test_a_plan_that_packs_well_is_unpacked() -> None:
    data = b'{"a": "b"}' * 100_000
    assert envelope.unwrap(gzip.compress(data), "plan.json").data == data


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    packed = gzip.compress(bytes(200 * 1024**2), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="unpacks to more than"):
            envelope.unwrap(packed, "plan.json")
        assert tracemalloc.get_traced_memory()[1] < 3 * envelope.most_unpacked(len(packed))
    finally:
        tracemalloc.stop()
