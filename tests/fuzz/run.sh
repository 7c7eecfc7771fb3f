#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes for SECONDS each (a third of that what no stranger on the network writes) and answers in TAP: tests/fuzz/run.sh SECONDS [FUZZER...]; replies-FORMAT is fuzz-replies with that format alone.
# An input may take 100 seconds by the clock: at the lowest priority beside other tests a tenth of a second of work may take many.
# What makes one fail is kept in build-fuzz/found, to be given to the fuzzer again as its only argument.
set -euo pipefail

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [FUZZER...]}
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build-fuzz
fuzzers=("$@")
[ ${#fuzzers[@]} -gt 0 ] || fuzzers=(command fernet json nmap replies-{anthropic,gemini,ollama,openai,responses} schema sse)

if [ ! -e "$build/build.ninja" ]; then
  CC=clang meson setup "$build" "$top" -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined' >"$top/build-fuzz.log" 2>&1 || { cat "$top/build-fuzz.log"; exit 1; }
  mv "$top/build-fuzz.log" "$build/setup.log"
fi
mapfile -t programs < <(printf 'tests/fuzz/fuzz-%s\n' "${fuzzers[@]%%-*}" | sort -u)
ninja -C "$build" "${programs[@]}" >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }
python3 "$top/tests/fuzz/make-corpus.py" "$build/corpus"
mkdir -p "$build/found"

export ASAN_OPTIONS=detect_leaks=1:detect_odr_violation=0
export VIG_TEST_BUILD=$build
export LSAN_OPTIONS=suppressions=$top/tests/lsan.supp:print_suppressions=0
failed=0
echo "1..${#fuzzers[@]}"
for i in "${!fuzzers[@]}"; do
  name=${fuzzers[$i]}
  mkdir -p "$build/grown/$name"
  time=$seconds
  case $name in command | fernet | nmap | schema) time=$((seconds / 3)) ;; esac
  if VIG_FUZZ_FORMAT=${name#*-} "$build/tests/fuzz/fuzz-${name%%-*}" -max_total_time="$time" -timeout=100 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
    -artifact_prefix="$build/found/$name-" "$build/grown/$name" "$build/corpus/$name" >"$build/$name.log" 2>&1; then
    echo "ok $((i + 1)) - fuzz-$name"
  else
    echo "not ok $((i + 1)) - fuzz-$name"
    tail -n 40 "$build/$name.log" | sed 's/^/# /'
    failed=1
  fi
  grep -E '^stat::number_of_executed_units|^stat::peak_rss_mb' "$build/$name.log" | sed 's/^/# /' || true
done
exit $failed
