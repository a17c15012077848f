#!/usr/bin/env bash
# Stops what up.sh started in DIR (default .lab), by process id. Usage: tests/lab/down.sh [DIR]
set -u
for file in "${1:-.lab}"/run/*.pid; do
  [ -f "$file" ] || continue
  kill "$(cat "$file")" 2>/dev/null
  rm "$file"
done
exit 0
