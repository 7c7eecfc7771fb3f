#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A fresh clone in an empty folder, nothing beside it: ./start.sh builds and runs it; again, it takes a second. The build is made to believe
# that the system's Node is too old, so that the one from the npm registry is proven too. TAP.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
pid=
number=0

cleanup () {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

# check NAME COMMAND...
check () {
  local name="$1"
  shift
  number=$((number + 1))
  if "$@"; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
  fi
}

# The oldest Node a Debian 12 has, as far as --version goes; anything else is the real one.
old_node () {
  local real
  real=$(readlink -f "$(command -v node)")
  mkdir -p "$work/bin"
  cat >"$work/bin/node" <<EOF
#!/bin/sh
# SPDX-License-Identifier: MIT
[ "\$1" = --version ] && echo v18.20.4 && exit
exec $real "\$@"
EOF
  chmod +x "$work/bin/node"
  PATH="$work/bin:$PATH"
}

run_start () {
  (cd "$work/clone" && exec ./start.sh --port "$1" --host 127.0.0.1 --data-dir "$work/data" -- --dbus=none) >"$work/log" 2>&1 &
  pid=$!
}

answers () {
  local port="$1" seconds="$2" i
  for ((i = 0; i < seconds * 10; i++)); do
    curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && return 0
    kill -0 "$pid" 2>/dev/null || { sed 's/^/# /' "$work/log"; return 1; }
    read -r -t 0.1 <> <(:) || true
  done
  sed 's/^/# /' "$work/log"
  return 1
}

stop_daemon () {
  kill "$pid"
  wait "$pid" 2>/dev/null
  pid=
}

port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
git clone -q "$top" "$work/clone"
git -C "$top" diff HEAD | git -C "$work/clone" apply --allow-empty 2>/dev/null
old_node

begin=$SECONDS
run_start "$port"
check 'a fresh clone builds, starts and answers' answers "$port" 900
echo "# it took $((SECONDS - begin)) s"
check 'Node came from the npm registry' test -x "$work/clone/build/node/node_modules/node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/bin/node"
check 'the dashboard is there' sh -c "curl -sf http://127.0.0.1:$port/ | grep -q '<div id=\"root\"'"
check 'it prints its URL' grep -q "http://127.0.0.1:$port" "$work/log"
check 'the database is in the data directory' test -s "$work/data/vigilus.db"
stop_daemon

begin=$(date +%s%N)
run_start "$port"
check 'a second start answers' answers "$port" 10
took=$((($(date +%s%N) - begin) / 1000000))
echo "# it took $took ms"
check 'a second start takes about a second' test "$took" -lt 3000
stop_daemon

check '--help explains' sh -c "cd '$work/clone' && ./start.sh --help | grep -q -- --data-dir"
check 'an unknown option is refused' sh -c "cd '$work/clone' && ! ./start.sh --nonsense >'$work/out' 2>&1 && grep -q nonsense '$work/out'"
check 'a missing value is refused' sh -c "cd '$work/clone' && ! ./start.sh --port >'$work/out' 2>&1 && grep -q -- --port '$work/out'"
echo "1..$number"
