#!/bin/sh
# SPDX-License-Identifier: MIT
# install-dashboard.sh FROM TO: a built dashboard, into where the daemon looks for it. Run by `meson install`.
set -eu
[ -f "$1/index.html" ] || { echo "error: there is no built dashboard in $1 (-Ddashboard=)" >&2; exit 1; }
mkdir -p "${DESTDIR:-}$2"
cp -r "$1/." "${DESTDIR:-}$2"
