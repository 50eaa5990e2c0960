# What the scripts of this folder share: where the programs are, one server at a
# time on a core of its own, and figures out of the generator's lines of JSON.
# shellcheck shell=bash

# The server gets one core and the generator another: neither steals from the other.
server_core=0
generator_core=1
ready_timeout_seconds=20
stop_timeout_seconds=10
# Beyond its planned time, a run joins (60 s at most), settles and verifies.
run_overhead_seconds=120
turn_timeout_seconds=3600

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${BENCH_BIN:-$here/../../build}
scratch=
server_pid=
server_address=
turn=

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Asks for the programs by name, and for a scratch folder that is gone at the end.
prepare() {
  local program
  for program in "$@"; do
    [[ -x $bin/$program ]] || die "no $program in $bin (build it, or say --bin PATH)"
  done
  bin=$(cd "$bin" && pwd)
  (($(nproc --all) >= 2)) || die "needs two cores: one for the server, one for the generator"
  # Two benchmarks at once would measure each other.
  exec {turn}>"${TMPDIR:-/tmp}/tandem-bench.$UID.lock"
  flock --timeout "$turn_timeout_seconds" "$turn" || die "another benchmark does not end"
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/tandem-bench.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

clean_up() {
  stop_server
  rm -rf "$scratch"
}

# start_server COMMAND…: it must print http://127.0.0.1:PORT when it is ready.
start_server() {
  local deadline=$((SECONDS + ready_timeout_seconds))
  : >"$scratch/server.out"
  (cd "$scratch" && exec taskset -c "$server_core" "$@") \
    >"$scratch/server.out" 2>"$scratch/server.err" {turn}>&- &
  server_pid=$!
  server_address=
  while [[ -z $server_address ]]; do
    kill -0 "$server_pid" 2>/dev/null || die "$1 ended: $(tail -n 3 "$scratch/server.err")"
    ((SECONDS < deadline)) || die "$1 was not ready in $ready_timeout_seconds s"
    sleep 0.05
    server_address=$(sed -n 's,.*http://\(127\.0\.0\.1:[0-9]*\).*,\1,p' "$scratch/server.out" \
      | head -n 1)
  done
}

start_floor() {
  start_server "$bin/bench_floor" "$@"
}

# A fresh store each time. The limits that are there for people are lifted:
# the generator is many people at one address.
start_tandem() {
  rm -rf "$scratch"/bench.db*
  TANDEM_OPS_PER_SECOND=${TANDEM_OPS_PER_SECOND:-100000} \
    start_server "$bin/tandem" serve --listen 127.0.0.1:0 --store "sqlite:$scratch/bench.db"
}

stop_server() {
  local deadline=$((SECONDS + stop_timeout_seconds))
  [[ -n $server_pid ]] || return 0
  kill -TERM "$server_pid" 2>/dev/null || true
  while kill -0 "$server_pid" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      echo "${0##*/}: the server did not end in $stop_timeout_seconds s and was killed" >&2
      kill -KILL "$server_pid" 2>/dev/null || true
      break
    fi
    sleep 0.05
  done
  wait "$server_pid" 2>/dev/null || true
  server_pid=
}

# run_generator SECONDS OPTION…: prints its line of JSON.
run_generator() {
  local seconds=$1
  shift
  timeout --foreground --kill-after=5 $((seconds + run_overhead_seconds)) \
    taskset -c "$generator_core" "$bin/bench_load" --target "$server_address" \
    --server-pid "$server_pid" --seconds "$seconds" "$@"
}

# figure NAME: of the JSON line on stdin.
figure() {
  sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"
}

# The figure NAME of each line of a file.
figures() {
  figure "$1" <"$2"
}

# The median of the numbers on stdin, and the ends of their range.
median() { sort -g | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : "-"}'; }
least() { sort -g | head -n 1; }
greatest() { sort -g | tail -n 1; }

# holds A B: whether A ≤ B.
holds() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a <= b)}'; }

# print_goal WHAT FIGURE LIMIT UNIT
print_goal() {
  local verdict="NOT MET"
  if holds "$2" "$3"; then verdict="met"; fi
  printf '  %-46s %8.2f %-12s %s\n' "$1" "$2" "$4" "$verdict"
}

# shellcheck disable=SC2034 # the scripts print it
idle_goal_kib=12

# measure_idle CLIENTS ROOMS SECONDS: sets idle_kib and prints what was seen.
measure_idle() {
  local line
  start_tandem
  line=$(run_generator "$3" --idle --clients "$1" --rooms "$2") || die "the idle run failed: $line"
  stop_server
  idle_kib=$(figure bytes_per_connection <<<"$line" | awk '{printf "%.2f", $1 / 1024}')
  printf '%5d clients, %4d rooms: %6.2f KiB per connection (second half: %.2f), idle CPU %s %%\n' \
    "$1" "$2" "$idle_kib" \
    "$(figure bytes_per_connection_second_half <<<"$line" | awk '{print $1 / 1024}')" \
    "$(figure idle_cpu_percent <<<"$line")"
}

# One descriptor per connection, on either side, and some to spare.
allow_sockets() {
  local wanted=$(($1 + 1000))
  (($(ulimit -Sn) >= wanted)) || ulimit -Sn "$wanted" || die "ulimit -n $wanted is not allowed"
}
