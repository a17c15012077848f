#!/usr/bin/env bash
# Runs tests as on somebody else's machine: another user, a checkout that cannot be written, no home folder, no git, no variable
# but PATH. Needs root and setpriv (util-linux) to become another user; says so and does the rest without.
# Usage: tests/elsewhere.sh [TESTS...]   [default: those that need no other tool]
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$top/.venv/bin/python"
place=$(mktemp -d)
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT

mkdir "$place/checkout" "$place/bin" "$place/tmp"
cd "$top"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$place/checkout"
for folder in /bin /usr/bin; do
  for tool in "$folder"/*; do
    name=${tool##*/}
    case $name in git | git-*) ;; *) [ -e "$place/bin/$name" ] || ln -s "$tool" "$place/bin/$name" ;; esac
  done
done
chmod -R a+rX,a-w "$place/checkout" "$place/bin"
chmod a+rwx "$place/tmp"
chmod a+rx "$place"

tests=("$@")
[ $# -gt 0 ] || tests=(tests/unit tests/golden tests/e2e/test_command.py tests/e2e/test_inputs.py)
become=()
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  # It may read what root installed, and write nothing of it.
  become=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
else
  echo 'tests/elsewhere.sh: not as another user: that needs root and setpriv' >&2
fi
cd "$place/checkout"
env -i PATH="$place/bin" TMPDIR="$place/tmp" PYTHONPATH="$place/checkout" PYTHONDONTWRITEBYTECODE=1 "${become[@]}" \
  "$python" -m pytest -p no:cacheprovider -n "$(nproc)" "${tests[@]}"
