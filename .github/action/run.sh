#!/usr/bin/env bash
# Reviews or merges, publishes, and exits with what plangate decided. Inputs come as PLANGATE_* variables.
set -euo pipefail

if [ -n "${PLANGATE_PATH:-}" ]; then
  plangate=("$PLANGATE_PATH")
else
  # Isolated: a file of the checkout named like a module is never imported.
  plangate=("$PLANGATE_PYTHON" -I -m plangate)
fi

# The lines of a text that are not empty, into the array `lines`.
split() {
  lines=()
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    if [ -n "$line" ]; then lines+=("$line"); fi
  done <<< "$1"
}

# An input that is yes or no, as people write it in YAML, into the variable of the same name.
boolean() {
  case "$(printf '%s' "${!1:-}" | tr '[:upper:]' '[:lower:]')" in
    true | yes | on | y | 1) printf -v "$1" true ;;
    false | no | off | n | 0) printf -v "$1" false ;;
    '') printf -v "$1" '%s' "$2" ;;
    *)
      echo "::error title=plangate::The input \`$3\` is neither true nor false."
      echo 'exit-code=2' >> "$GITHUB_OUTPUT"
      exit 2
      ;;
  esac
}

boolean PLANGATE_COMMENT true comment
boolean PLANGATE_CHECK true check
boolean PLANGATE_REQUIRE_PUBLISH false require-publish
boolean PLANGATE_DRIFT false drift
boolean PLANGATE_REPLANNED false replanned

# git, with the token in its environment, where no list of processes shows it. The empty value first takes away the header that a
# checkout with persisted credentials left: two of them are refused.
git_with_token() {
  local key="http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader"
  GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0="$key" GIT_CONFIG_VALUE_0="" GIT_CONFIG_KEY_1="$key" \
    GIT_CONFIG_VALUE_1="AUTHORIZATION: basic $(printf 'x-access-token:%s' "${GITHUB_TOKEN:-}" | base64 | tr -d '\n')" \
    git "$@"
}

# The default branch of the repository: what the event says, else what the remote says.
default_branch() {
  if [ -n "${PLANGATE_DEFAULT_BRANCH:-}" ]; then
    printf '%s' "$PLANGATE_DEFAULT_BRANCH"
    return
  fi
  git_with_token ls-remote --symref origin HEAD 2>/dev/null | sed -n 's|^ref: refs/heads/\(.*\)[[:space:]]HEAD$|\1|p'
}

# The ref of the gate into `ref`. A base that has to be read and cannot be is an error: the checkout's own gate may be looser.
trusted_ref() {
  ref=""
  case "${PLANGATE_POLICY_REF:-base}" in
    none) return 0 ;;
    base) ;;
    *) ref=$PLANGATE_POLICY_REF; return 0 ;;
  esac
  if [ "$(git rev-parse --is-inside-work-tree 2>/dev/null)" != true ]; then
    if [ ! -e .plangate.yaml ] && [ -z "${PLANGATE_CONFIG:-}${PLANGATE_WAIVERS:-}${PLANGATE_POLICIES:-}" ]; then return 0; fi
    echo '::error title=plangate::This is no git checkout, so the base branch has no policies to read. Check out with git, or say policy-ref: none.'
    return 2
  fi
  # An event without a base, such as a push, has the gate of the default branch.
  local base=${PLANGATE_BASE:-}
  if [ -z "$base" ]; then base=$(default_branch || true); fi
  if [ -z "$base" ]; then
    echo '::error title=plangate::The event has no base, and the default branch is not known. Say policy-ref: origin/BRANCH, or policy-ref: none.'
    return 2
  fi
  if [[ "$base" =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]]; then
    ref=$base
    if git cat-file -e "$base^{commit}" 2>/dev/null; then return 0; fi
    set -- "$base"
  else
    # The whole ref: a tag or a branch of the checkout that is called origin/main must not stand for it. Fetched each time: a
    # workspace that is kept may hold a branch of last week.
    ref="refs/remotes/origin/$base"
    set -- "+refs/heads/$base:$ref"
  fi
  # Depth would cut the history of a whole clone.
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then set -- --depth=1 origin "$@"; else set -- origin "$@"; fi
  if ! git_with_token fetch --quiet --no-tags "$@"; then
    echo '::error title=plangate::The base branch could not be fetched, so its policies are not known. contents: read is needed.'
    return 2
  fi
}

# Where the configuration is, into the array `settings`: a verdict that is only observed is taken where it says so.
ref=""
configuration() {
  settings=()
  if [ -n "$ref" ]; then settings+=("--policy-ref=$ref"); fi
  if [ -n "${PLANGATE_CONFIG:-}" ]; then settings+=("--config=$PLANGATE_CONFIG"); fi
}

if [ -n "${PLANGATE_ROOTS:-}" ]; then
  split "$PLANGATE_ROOTS"
  code=0
  roots=$("${plangate[@]}" roots "--changed-since=${PLANGATE_CHANGED_SINCE:-}" -- "${lines[@]}") || code=$?
  if [ "$code" -eq 0 ]; then echo "roots=$roots" >> "$GITHUB_OUTPUT"; fi
  echo "exit-code=$code" >> "$GITHUB_OUTPUT"
  exit "$code"
fi

if [ -n "${PLANGATE_VERIFY:-}" ]; then
  checked=()
  if [ -n "${PLANGATE_TF_DIR:-}" ]; then checked+=("--tf-dir=$PLANGATE_TF_DIR"); fi
  if [ -n "${PLANGATE_STATE:-}" ]; then checked+=("--state=$PLANGATE_STATE"); fi
  if [ -n "${PLANGATE_SAVED_PLAN:-}" ]; then checked+=("--saved-plan=$PLANGATE_SAVED_PLAN"); fi
  if [ -n "${PLANGATE_EVIDENCE:-}" ]; then checked+=("--evidence=$PLANGATE_EVIDENCE"); fi
  split "${PLANGATE_PLAN:-}"
  for line in ${lines[@]+"${lines[@]}"}; do checked+=("--plan=$line"); done
  if [ "$PLANGATE_REPLANNED" = true ]; then checked+=(--replanned); fi
  code=0
  "${plangate[@]}" verify ${checked[@]+"${checked[@]}"} -- "$PLANGATE_VERIFY" || code=$?
  echo "exit-code=$code" >> "$GITHUB_OUTPUT"
  exit "$code"
fi

folder="$RUNNER_TEMP/plangate"
mkdir -p "$folder"
verdict=${PLANGATE_VERDICT:-"$folder/verdict.json"}
if [ -n "${PLANGATE_PUBLISHED:-}" ]; then
  verdict=$PLANGATE_PUBLISHED
else
  mkdir -p "$(dirname -- "$verdict")"
  rm -f -- "$verdict"
fi

options=(-o "json=$verdict")
if [ -n "${PLANGATE_FAIL_ON:-}" ]; then options+=("--fail-on=$PLANGATE_FAIL_ON"); fi
if [ -n "${PLANGATE_SARIF:-}" ]; then options+=(-o "sarif=$PLANGATE_SARIF"); fi
if [ -n "${PLANGATE_TARGET:-}" ]; then options+=("--target=$PLANGATE_TARGET"); fi

code=0
if [ -n "${PLANGATE_PUBLISHED:-}" ]; then
  if [ ! -s "$verdict" ]; then
    echo '::error title=plangate::The verdict that published-verdict names is not there, or empty: see whether the job that saves it ran.'
    code=3
  fi
elif [ -n "${PLANGATE_VERDICTS:-}" ]; then
  if [ -n "${PLANGATE_EXPECT:-}" ]; then
    printf '%s\n' "$PLANGATE_EXPECT" > "$folder/expect"
    options+=(--expect "$folder/expect")
  fi
  split "$PLANGATE_VERDICTS"
  if ! trusted_ref; then
    code=2
  else
    configuration
    "${plangate[@]}" merge "${options[@]}" ${settings[@]+"${settings[@]}"} -- "${lines[@]}" || code=$?
  fi
else
  if [ -n "${PLANGATE_ENVIRONMENT:-}" ]; then options+=("--env=$PLANGATE_ENVIRONMENT"); fi
  if [ -n "${PLANGATE_TF_DIR:-}" ]; then options+=("--tf-dir=$PLANGATE_TF_DIR"); fi
  if [ -n "${PLANGATE_STATE:-}" ]; then options+=("--state=$PLANGATE_STATE"); fi
  if [ -n "${PLANGATE_EVIDENCE:-}" ]; then options+=("--evidence=$PLANGATE_EVIDENCE"); fi
  drift=("${options[@]}")
  if [ -n "${PLANGATE_SAVED_PLAN:-}" ]; then options+=("--saved-plan=$PLANGATE_SAVED_PLAN"); fi
  if [ -n "${PLANGATE_CONFIG:-}" ]; then options+=("--config=$PLANGATE_CONFIG"); fi
  split "${PLANGATE_WAIVERS:-}"
  for line in ${lines[@]+"${lines[@]}"}; do options+=("--waivers=$line"); done
  split "${PLANGATE_POLICIES:-}"
  for line in ${lines[@]+"${lines[@]}"}; do options+=("--policies=$line"); done
  split "${PLANGATE_PLAN:-}"
  if [ ${#lines[@]} -eq 0 ]; then
    echo '::error title=plangate::Neither `plan` nor `verdicts` is given.'
    code=2
  elif [ "$PLANGATE_DRIFT" = true ]; then
    "${plangate[@]}" drift "${drift[@]}" --plan="${lines[0]}" || code=$?
  elif ! trusted_ref; then
    code=2
  else
    if [ -n "$ref" ]; then options+=("--policy-ref=$ref"); fi
    "${plangate[@]}" review "${options[@]}" -- "${lines[@]}" || code=$?
  fi
fi

if [ -s "$verdict" ]; then
  configuration
  publish=(${settings[@]+"${settings[@]}"})
  if [ "$PLANGATE_COMMENT" != true ]; then publish+=(--no-comment); fi
  if [ "$PLANGATE_CHECK" != true ]; then publish+=(--no-check); fi
  if [ "$PLANGATE_REQUIRE_PUBLISH" = true ]; then publish+=(--require); fi
  if [ -n "${PLANGATE_CHECK_NAME:-}" ]; then publish+=("--check-name=$PLANGATE_CHECK_NAME"); fi
  if [ -n "${PLANGATE_GITHUB_HOST:-}" ]; then publish+=("--github-host=$PLANGATE_GITHUB_HOST"); fi
  if [ -n "${PLANGATE_PR:-}" ]; then publish+=("--pr=$PLANGATE_PR"); fi
  if [ -n "${PLANGATE_SHA:-}" ]; then publish+=("--sha=$PLANGATE_SHA"); fi
  published=0
  "${plangate[@]}" publish ${publish[@]+"${publish[@]}"} -- "$verdict" || published=$?
  # 10 > 1 > the rest: a block is never reported as something milder, and an error of plangate never as a decision.
  if [ "$code" -ne 10 ] && { [ "$published" -eq 10 ] || [ "$code" -ne 1 ]; }; then code=$published; fi
elif [ "$code" -eq 0 ]; then
  # A review that says nothing is no pass.
  code=1
fi

echo "exit-code=$code" >> "$GITHUB_OUTPUT"
exit "$code"
