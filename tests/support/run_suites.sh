# Runs suites of cases (tests/live/support/suite.mjs) one after the other and
# says how many cases passed. Sourced by a `run`, which sets
#   folder     where the suites are
#   suites     their names, if none is asked for
#   number     the option that says how much: --seconds, --times
# and calls `run_suites "$@"`.
# shellcheck shell=bash
# shellcheck disable=SC2154 # the caller sets them

arguments=()
asked=()
child=

read_arguments() {
  while (($#)); do
    case $1 in
      "$number" | --seed)
        (($# >= 2)) || { echo "$1 needs a value" >&2; exit 2; }
        arguments+=("$1" "$2")
        shift 2
        ;;
      -*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
      *) asked+=("$1"); shift ;;
    esac
  done
}

# run_suite NAME: shows what it says, and adds it to the results.
run_suite() {
  local said shown status
  said=$(mktemp)
  node "$folder/$1.mjs" ${arguments[@]+"${arguments[@]}"} >"$said" 2>&1 &
  child=$!
  tail -f -n +1 --pid="$child" "$said" &
  shown=$!
  wait "$child"
  status=$?
  child=
  wait "$shown"
  # A suite that ends badly without a failed case has failed as a whole.
  if ((status != 0)) && ! grep -q '^FAIL' "$said"; then
    echo "FAIL  $1: exit code $status" | tee -a "$said"
  fi
  cat "$said" >>"$results"
  rm -f "$said"
}

run_suites() {
  local suite passed skipped failed
  read_arguments "$@"
  results=$(mktemp)
  trap 'rm -f "$results"' EXIT
  trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 130' INT TERM
  ((${#asked[@]} == 0)) || suites=("${asked[@]}")
  for suite in "${suites[@]}"; do run_suite "$suite"; done
  passed=$(grep -c '^ok ' "$results")
  skipped=$(grep -c '^skip ' "$results")
  failed=$(grep -c '^FAIL ' "$results")
  echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
  [ "$failed" -eq 0 ]
}
