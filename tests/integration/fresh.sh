#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A machine without any of what Vigilus needs, and a person who is not root but has sudo: this system's files under an overlay, in a mount
# namespace of the test's own, with the packages removed. There ./start.sh installs by the real sudo, builds and answers. TAP. Needs root.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=.ci/build.sh
. "$top/.ci/build.sh"

if [ "$(id -u)" -ne 0 ]; then
  echo '1..1'
  echo 'ok 1 - a fresh machine # SKIP this test mounts an overlay: it needs root'
  exit 0
fi
if [ -z "${VIG_FRESH_ROOT:-}" ]; then
  VIG_FRESH_ROOT=$(mktemp -d) && export VIG_FRESH_ROOT
  unshare --mount --propagation private --pid --fork --kill-child bash "$0"
  code=$?
  rmdir "$VIG_FRESH_ROOT"
  exit $code
fi

root=$VIG_FRESH_ROOT/root
port=$(cd "$top/tests/lib" && /usr/bin/python3 -c 'import ports; print(ports.free_port())')
number=0

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

inside () {
  chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

as_person () {
  chroot --userspec=person:person "$root" env -i HOME=/home/person USER=person PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

make_root () {
  mount -t tmpfs -o mode=755 fresh "$VIG_FRESH_ROOT"
  mkdir "$VIG_FRESH_ROOT"/{upper,work,root}
  mount -t overlay -o "lowerdir=/,upperdir=$VIG_FRESH_ROOT/upper,workdir=$VIG_FRESH_ROOT/work" overlay "$root"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  cat /etc/resolv.conf >"$VIG_FRESH_ROOT/resolv" && mount --bind "$VIG_FRESH_ROOT/resolv" "$root/etc/resolv.conf"
}

# Everything of the list but what Debian's base or this test itself needs.
remove_packages () {
  local name gone=()
  for name in "${build_packages[@]}" "${test_packages[@]}"; do
    case $name in
      git | perl | procps | python3 | util-linux | systemd | curl | openssl) ;;
      *) gone+=("$name") ;;
    esac
  done
  inside apt-get -q update && inside apt-get -q install -y --no-install-recommends sudo && inside apt-get -q remove -y --purge "${gone[@]}"
}

make_person () {
  inside useradd --create-home --shell /bin/bash person
  echo 'person ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/person"
  git clone -q "$top" "$root/home/person/vigilus"
  inside chown -R person:person /home/person
}

answers () {
  local i
  for ((i = 0; i < 1800; i++)); do
    curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.5
  done
  sed 's/^/# /' "$VIG_FRESH_ROOT/log"
  return 1
}

make_root && remove_packages >"$VIG_FRESH_ROOT/log" 2>&1 && make_person || { sed 's/^/# /' "$VIG_FRESH_ROOT/log"; echo 'not ok 1 - a fresh machine'; exit 1; }
check 'what it needs is not there' sh -c "! chroot '$root' sh -c 'command -v meson || pkg-config libsoup-3.0'"

begin=$SECONDS
as_person bash -c "cd ~/vigilus && exec ./start.sh --port $port --host 127.0.0.1 -- --dbus=none" >"$VIG_FRESH_ROOT/log" 2>&1 &
pid=$!
check './start.sh installs by sudo, builds and answers' answers
echo "# it took $((SECONDS - begin)) s"
check 'it said what it installs' grep -q 'installing Debian packages: .*libsoup-3.0-dev' "$VIG_FRESH_ROOT/log"
check 'the data is the person'\''s, in ~/.vigilus' test "$(stat -c %U:%a "$root/home/person/.vigilus" 2>/dev/null | cut -d: -f2)" = 700
check 'nothing of it runs as root' sh -c "! pgrep -u 0 -x vigilusd --ns $$ --nslist pid"
kill "$pid" && wait "$pid" 2>/dev/null
echo "1..$number"
