#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what Vigilus needs, builds it and runs it on SQLite. Safe to run again: what is there is kept.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=.ci/build.sh
. "$top/.ci/build.sh"

usage () {
  cat <<'EOF'
Usage: ./start.sh [--port PORT] [--host ADDRESS] [--data-dir DIR] [--build-only] [-- VIGILUSD OPTION...]

Installs the Debian packages that are missing (as root, or by sudo), builds the daemon and the
dashboard into build/, and runs vigilusd in the foreground. Ctrl+C stops it.

  --port PORT      port to listen on        (VIGILUS_PORT, else 3000)
  --host ADDRESS   address to listen on     (VIGILUS_HOST, else 0.0.0.0)
  --data-dir DIR   database, logs, mcp.json (VIGILUS_DATA_DIR, else ~/.vigilus)
  --build-only     install and build, but do not run
EOF
}

args=()
run=yes
while [ $# -gt 0 ]; do
  case $1 in
    --port | --host | --data-dir)
      [ $# -ge 2 ] || fail "$1 needs a value: see ./start.sh --help"
      args+=("$1=$2")
      shift 2
      ;;
    --port=* | --host=* | --data-dir=*) args+=("$1"); shift ;;
    --build-only) run=no; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; args+=("$@"); break ;;
    *) usage >&2; fail "unknown option: $1" ;;
  esac
done

build="$top/build"
[ "$(uname -s)" = Linux ] || fail "Vigilus runs on Linux"
ensure_packages "${build_packages[@]}"
build_daemon "$build" -Dtests=false
build_dashboard "$build"

[ "$run" = yes ] || exit 0
exec "$build/root/bin/vigilusd" --dashboard-dir="$build/dashboard" "${args[@]}"
