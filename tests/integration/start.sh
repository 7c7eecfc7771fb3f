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

port=$(cd "$top/tests/lib" && /usr/bin/python3 -c 'import ports; print(ports.free_port())')
git clone -q "$top" "$work/clone"
git -C "$top" diff HEAD | git -C "$work/clone" apply --allow-empty 2>/dev/null
old_node

begin=$SECONDS
run_start "$port"
check 'a fresh clone builds, starts and answers' answers "$port" 2400
echo "# it took $((SECONDS - begin)) s"
check 'Node came from the npm registry' test -x "$work/clone/build/node/node_modules/node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/bin/node"
check 'the dashboard is there' sh -c "curl -sf http://127.0.0.1:$port/ | grep -q '<div id=\"root\"'"
check 'it prints its URL' grep -q "http://127.0.0.1:$port" "$work/log"
check 'the database is in the data directory' test -s "$work/data/vigilus.db"
stop_daemon

begin=$(date +%s%N)
run_start "$port"
check 'a second start answers' answers "$port" 600
took=$((($(date +%s%N) - begin) / 1000000))
echo "# it took $took ms"
check 'a second start installs and builds nothing' sh -c "! grep '^==>' '$work/log'"
stop_daemon

# What a person without root gets: packages by sudo, and advice where there is none. sudo and dpkg are stand-ins; nothing is installed.
stand_ins () {
  mkdir -p "$work/user/with" "$work/user/without"
  chmod 755 "$work"
  chmod 777 "$work/user"
  printf '#!/bin/sh\nexit 1\n' >"$work/user/without/dpkg-query"
  printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>"%s"\n' "$work/user/log" >"$work/user/with/sudo"
  chmod 755 "$work/user/without/dpkg-query" "$work/user/with/sudo"
  cp "$work/user/without/dpkg-query" "$work/user/with/"
  cp "$top/.ci/build.sh" "$work/user/build.sh"
}

# as_user DIR: installs a package that is missing, as somebody who is not root, with the programs of DIR alone before the system's (but sudo).
as_user () {
  local run=() program
  [ "$(id -u)" -eq 0 ] && run=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  for program in bash id grep apt-get env printf; do
    ln -sf "$(command -v "$program")" "$work/user/$1/$program"
  done
  "${run[@]}" env -i PATH="$work/user/$1" bash -c '. "$0"; ensure_packages a-missing-package' "$work/user/build.sh" >"$work/out" 2>&1
}

stand_ins
check 'packages are installed by sudo' as_user with
check 'it says which' grep -q 'installing Debian packages: a-missing-package' "$work/out"
check 'sudo was asked to look for news first' sh -c "sed -n 1p '$work/user/log' | grep -q 'apt-get .*update'"
check 'then to install it' sh -c "sed -n 2p '$work/user/log' | grep -q 'apt-get .*install .*a-missing-package'"
without_sudo () {
  ! as_user without
}
check 'without sudo it fails' without_sudo
check 'and says what to do' grep -q 'this needs root: install sudo, or run as root' "$work/out"

check '--help explains' sh -c "cd '$work/clone' && ./start.sh --help | grep -q -- --data-dir"
check 'an unknown option is refused' sh -c "cd '$work/clone' && ! ./start.sh --nonsense >'$work/out' 2>&1 && grep -q nonsense '$work/out'"
check 'a missing value is refused' sh -c "cd '$work/clone' && ! ./start.sh --port >'$work/out' 2>&1 && grep -q -- --port '$work/out'"
echo "1..$number"
