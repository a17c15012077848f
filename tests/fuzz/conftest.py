"""How long a fuzz run is: short with the other tests, long with `--hypothesis-profile=fuzz` (`make fuzz`)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.conftest import ROOT

settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=20_000,
    suppress_health_check=list(HealthCheck),
    # What fell is tried first the next time.
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)
