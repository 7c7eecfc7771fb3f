#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes vigilus.pot anew from every translatable string, and merges it into the languages of LINGUAS. Needs gettext.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files 'vigilus-core/*.c' 'plugins/*.c' | xargs grep -lE '(^|[^a-z_])_ \("' >po/POTFILES.in || true
git ls-files 'data/dashboard/src/*.tsx' 'data/dashboard/src/*.ts' | xargs grep -lE "(^|[^A-Za-z0-9_])_\(" >>po/POTFILES.in
texts=$(mktemp --suffix=.js)
trap 'rm -f "$texts"' EXIT
python3 po/extract.py >"$texts"
xgettext --from-code=UTF-8 --language=JavaScript --keyword=_ --keyword=ngettext:1,2 --add-comments --sort-by-file --no-location \
  --package-name=vigilus --output=po/vigilus.pot $(grep -E '\.tsx?$' po/POTFILES.in) "$texts" 2>/dev/null
sed -i '/^"POT-Creation-Date/d' po/vigilus.pot
for language in $(cat po/LINGUAS); do
  msgmerge --quiet --update --backup=none "po/$language.po" po/vigilus.pot
done
