#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes vigilus.pot anew from every translatable string, and merges it into the languages of LINGUAS. Needs gettext and npm: xgettext loses its way
# in JSX, so esbuild, which vite brings, makes plain JavaScript of it first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files 'vigilus-core/*.c' 'plugins/*.c' | xargs grep -lE '(^|[^a-z_])_ \("' >po/POTFILES.in || true
git ls-files 'data/dashboard/src/*.tsx' 'data/dashboard/src/*.ts' | xargs grep -lE "(^|[^A-Za-z0-9_])_\(" >>po/POTFILES.in
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 po/extract.py >"$work/texts.js"
[ -x data/dashboard/node_modules/.bin/esbuild ] || (cd data/dashboard && npm ci --silent --ignore-scripts)
data/dashboard/node_modules/.bin/esbuild --log-level=error --charset=utf8 --jsx=automatic --outdir="$work/js" $(grep -E '\.tsx?$' po/POTFILES.in)
xgettext --from-code=UTF-8 --language=JavaScript --keyword=_ --keyword=ngettext:1,2 --add-comments=translators: --sort-by-file --no-location \
  --package-name=vigilus --output=po/vigilus.pot $(find "$work" -name '*.js' | LC_ALL=C sort)
sed -i '/^"POT-Creation-Date/d' po/vigilus.pot
for language in $(cat po/LINGUAS); do
  msgmerge --quiet --update --backup=none "po/$language.po" po/vigilus.pot
done
