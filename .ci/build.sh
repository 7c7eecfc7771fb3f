# SPDX-License-Identifier: MIT
# What start.sh and test.sh share: packages, Node, building. Sourced, with the top of the project in $top.

build_packages=(
  gcc gettext glib-networking libarchive-dev libcbor-dev libgcrypt20-dev libglib2.0-bin libglib2.0-dev libjson-glib-dev libseccomp-dev libsecret-1-dev
  libsoup-3.0-dev libsqlite3-dev libssh-dev libxml2-dev libyaml-dev meson ninja-build pkg-config python3
)
test_packages=(
  appstream busybox-static chromium clang curl dbus desktop-file-utils docker-compose docker-registry docker.io e2fsprogs
  flatpak-builder fonts-liberation fuse3 git iproute2 libclang-rt-14-dev libfaketime nmap openssh-client openssh-server openssl perl podman
  polkitd procps python3-cryptography python3-fusepy python3-jsonschema sqlite3 systemd systemd-container util-linux wrk
)
# A kernel for the tests to themselves; Debian has it for these machines only.
case $(dpkg --print-architecture 2>/dev/null) in
  amd64 | i386) test_packages+=(user-mode-linux) ;;
esac

say () {
  printf '%s\n' "==> $*"
}

fail () {
  printf '%s\n' "error: $*" >&2
  exit 1
}

# as_root COMMAND...: directly, or by sudo.
as_root () {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root: install sudo, or run as root: $*"
  fi
}

# ensure_packages NAME...: installs what is missing, and says what.
ensure_packages () {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed$' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || fail "these Debian packages are needed, and there is no apt-get to install them: ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# node_major: the major version of the node on PATH, or 0.
node_major () {
  local version
  version=$(node --version 2>/dev/null) || version=v0
  version=${version#v}
  printf '%s\n' "${version%%.*}"
}

# ensure_node BUILD_DIR: Node 20 or newer on PATH; where the system's is older, from the npm registry into the build folder.
ensure_node () {
  local own="$1/node" arch
  if [ "$(node_major)" -ge 20 ] && command -v npm >/dev/null; then
    return
  fi
  if [ "$(node_major)" -eq 0 ] || ! command -v npm >/dev/null; then
    ensure_packages nodejs npm
  fi
  [ "$(node_major)" -ge 20 ] && return
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) fail "the dashboard needs Node 20 or newer: install it by hand, there is none to download for $(uname -m)" ;;
  esac
  if [ ! -x "$own/node_modules/node-linux-$arch/bin/node" ]; then
    say "installing Node 22 into ${own#"$top/"} (the system's is $(node --version))"
    mkdir -p "$own"
    npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$own" "node-linux-$arch@22"
  fi
  PATH="$own/node_modules/node-linux-$arch/bin:$PATH"
  export PATH
}

# dashboard_stamp: a digest of all that the dashboard is built from.
dashboard_stamp () {
  (cd "$top" && find data/dashboard data/api po -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 2>/dev/null | sort -z | xargs -0 sha256sum | sha256sum)
}

# make_dashboard SOURCE_DIR OUTPUT_DIR: with the packages of the lock file.
make_dashboard () {
  if [ ! -d "$1/node_modules" ] || ! cmp -s "$1/package-lock.json" "$1/node_modules/.lock"; then
    (cd "$1" && npm ci --no-audit --no-fund) && cp "$1/package-lock.json" "$1/node_modules/.lock" || return 1
  fi
  (cd "$1" && VIG_DASHBOARD_OUT="$2" npm run build)
}

# build_dashboard BUILD_DIR: into BUILD_DIR/dashboard, only where something changed.
build_dashboard () {
  local out="$1/dashboard" work="$1/dashboard-work" stamp
  stamp=$(dashboard_stamp)
  [ -f "$out/index.html" ] && [ "$(cat "$out/.stamp" 2>/dev/null)" = "$stamp" ] && return
  ensure_node "$1"
  say "building the dashboard"
  mkdir -p "$work/data"
  (cd "$top" && tar -c --exclude=node_modules --exclude=dist data/dashboard data/api po) | tar -x -C "$work"
  make_dashboard "$work/data/dashboard" "$out" >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail "the dashboard does not build: see ${work#"$top/"}/build.log"
  }
  printf '%s\n' "$stamp" >"$out/.stamp"
}

# show_progress: of lines "[N/M] what" on standard input, how far it is, in one line.
show_progress () {
  local line
  while IFS= read -r line; do
    case $line in
      \[*/*\]*) printf '\r    %s ' "${line%%]*}]" ;;
    esac
  done
  printf '\r\033[K'
}

# run_ninja BUILD_DIR: tells how far it is, where somebody looks.
run_ninja () {
  if [ -t 1 ]; then
    ninja -C "$1" 2>&1 | tee "$1/ninja.log" | show_progress
    return "${PIPESTATUS[0]}"
  fi
  ninja -C "$1" >"$1/ninja.log" 2>&1
}

# build_daemon BUILD_DIR [MESON OPTION...]: built and installed into BUILD_DIR/root, only where something changed.
build_daemon () {
  local build="$1"
  shift
  if [ ! -f "$build/build.ninja" ]; then
    say "configuring the build"
    meson setup "$build" "$top" --prefix="$build/root" --libdir=lib "$@" >"$build.log" 2>&1 || { tail -n 30 "$build.log" >&2; fail "meson setup failed"; }
    mv "$build.log" "$build/setup.log"
  fi
  if [ -x "$build/root/bin/vigilusd" ] && ninja -C "$build" -n 2>/dev/null | grep -q 'no work to do'; then
    return
  fi
  say "building the daemon"
  run_ninja "$build" || { tail -n 40 "$build/ninja.log" >&2; fail "the daemon does not build: see ${build#"$top/"}/ninja.log"; }
  meson install -C "$build" --quiet --no-rebuild >/dev/null
}
