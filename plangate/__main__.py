"""`python -m plangate`, the same command as `plangate`."""

from plangate.cli.main import run

run()
