# What ./run and ./test have in common: packages, the build, the web client.
# Sourced by both from the project's root.
set -euo pipefail

build_folder=${TANDEM_TEST_BUILD:-build}

# Debian 12's names. `nodejs` and `npm` only where there is no Node 18 or newer.
build_packages=(ca-certificates g++ cmake ninja-build ccache pkg-config
  libcaf-dev libboost1.81-dev libsqlite3-dev libpqxx-dev rapidjson-dev libfmt-dev libssl-dev zlib1g-dev
  libgtest-dev libsodium-dev libcurl4-openssl-dev libcjose-dev libjansson-dev)

say() { printf '\n== %s\n' "$*"; }

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

has_node() {
  command -v npm >/dev/null && command -v node >/dev/null \
    && (($(node -p 'process.versions.node.split(".")[0]') >= 18))
}

# install_packages NAME…: those that are missing.
install_packages() {
  local wanted=("$@") missing=() package
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' \
      || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_build_packages() {
  install_packages "${build_packages[@]}"
  has_node || install_packages nodejs npm
}

# For tests/fuzz: clang, and the run-time library of its sanitizers and libFuzzer.
install_fuzz_packages() {
  install_packages "${build_packages[@]}" clang libclang-rt-14-dev
}

# A library that sets a process's clock: a drill of a cluster (tests/drills).
install_faketime() {
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || install_packages faketime
}

# PostgreSQL's programs for the tests, which run servers of their own: Debian's
# package would else make a cluster and start it.
install_postgres() {
  local without_cluster=/etc/postgresql-common/createcluster.d/tandem-tests.conf
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  as_root mkdir -p "${without_cluster%/*}"
  as_root tee "$without_cluster" >/dev/null <<<'create_main_cluster = false'
  install_packages postgresql
  as_root rm "$without_cluster"
}

# build_server [TARGET…]: all if none is named.
build_server() {
  say "building the server"
  cmake -S . -B "$build_folder" -G Ninja >/dev/null
  cmake --build "$build_folder" ${1:+--target "$@"}
}

# The web client, if it is not there or older than its sources.
build_web() {
  if [[ ! -d web/node_modules || web/package-lock.json -nt web/node_modules/.package-lock.json ]]; then
    say "installing the web client's packages"
    (cd web && npm ci --no-fund --no-audit --loglevel=error)
  fi
  if [[ ! -f web/dist/index.html ]] \
    || [[ -n $(find web/src web/index.html web/public web/vite.config.ts web/package.json \
      -newer web/dist/index.html -print -quit 2>/dev/null) ]]; then
    say "building the web client"
    (cd web && npm run --silent build -- --logLevel warn)
  fi
}
