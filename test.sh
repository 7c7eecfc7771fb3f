#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the tests need, builds, runs them. The last line is "N passed, N failed, N skipped".
# A few tests that fail beside others run once more, alone; those that pass then are told as FLAKY.
#   ./test.sh          everything that takes under 25 minutes on 2 cores
#   ./test.sh --long   the rest as well: the integration tests with a sanitized daemon, soaks, millions of rows, hours of fuzzing, benchmarks against
#                      their committed ratios
#   ./test.sh --only SUITE[,SUITE...]   lint, unit, panic, sanitized, integration, browser, peers, dashboard, fuzz, kill, start, sanitized_integration,
#                      fresh, race, promises, bench, load
#   ./test.sh --wazuh-data DIR   checks the Wazuh stand-in against Wazuh's own data too, which its licence keeps out of this repository
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=.ci/build.sh
. "$top/.ci/build.sh"

# -Werror where nobody is in the middle of writing.
options=(-Dwerror=false)
[ "${CI:-}" = true ] && options=(-Dwerror=true)

ensure_packages "${build_packages[@]}" "${test_packages[@]}"
build="$top/build-test"
build_daemon "$build" "${options[@]}"
ensure_node "$build"
build_dashboard "$build"
exec /usr/bin/python3 "$top/tests/run.py" --build "$build" "$@"
