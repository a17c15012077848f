#!/usr/bin/env bash
# Finds a Python, and says what the packages of this version of plangate are called in the cache.
set -euo pipefail

find_python() {
  local name
  for name in python3 python python3.13 python3.12 python3.11; do
    if "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$name" -I -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo '::error title=plangate::There is no Python of 3.11 or newer on this runner: add actions/setup-python before this step.' >&2
  return 1
}

python=$(find_python)
key=$("$python" -I -c '
import hashlib, pathlib, sys
lock = pathlib.Path(sys.argv[1]).read_bytes()
print("cp%d%d-%s" % (*sys.version_info[:2], hashlib.sha256(lock).hexdigest()[:16]))
' "$GITHUB_ACTION_PATH/requirements.lock")
{
  echo "python=$python"
  echo "wheels=$RUNNER_TEMP/plangate-wheels"
  echo "key=$key"
} >> "$GITHUB_OUTPUT"
