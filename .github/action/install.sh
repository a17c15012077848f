#!/usr/bin/env bash
# Installs the locked packages into an environment of their own. plangate itself runs from the action's own commit: nothing is built.
set -euo pipefail

lock="$GITHUB_ACTION_PATH/requirements.lock"
home="$RUNNER_TEMP/plangate-venv"

"$PLANGATE_PYTHON" -I -m venv --clear --without-pip "$home"
python="$home/bin/python"
[ -e "$python" ] || python="$home/Scripts/python.exe"

pip() {
  "$PLANGATE_PYTHON" -I -m pip --disable-pip-version-check --no-input --quiet "$@"
}

download() {
  pip download --require-hashes --no-deps --only-binary :all: --dest "$PLANGATE_WHEELS" --requirement "$lock"
}

# The hashes are checked here, whatever the cache held.
install() {
  pip --python "$python" install --require-hashes --no-deps --no-index --no-compile \
    --find-links "$PLANGATE_WHEELS" --requirement "$lock"
}

mkdir -p "$PLANGATE_WHEELS"
if [ -z "$(ls -A "$PLANGATE_WHEELS")" ]; then
  download
fi
if ! install; then
  echo '::notice title=plangate::The cached packages were not right and are fetched again.'
  rm -rf "$PLANGATE_WHEELS"
  mkdir -p "$PLANGATE_WHEELS"
  download
  install
fi

site=$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$GITHUB_ACTION_PATH" > "$site/plangate.pth"
echo "python=$python" >> "$GITHUB_OUTPUT"
