"""The command, as `plangate` and as `python -m plangate`."""

import gc

# One short run makes little garbage that waits for a collection; looking for it costs a tenth of the time, imports included.
gc.disable()

from plangate.cli.main import run  # noqa: E402

if __name__ == "__main__":
    run()
