// SPDX-License-Identifier: MIT
// Reads the part of the PO format that gettext writes: msgctxt, msgid, msgid_plural and msgstr, with continuation lines.

function unquote(text) {
  return JSON.parse(text);
}

function add(catalogue, entry) {
  if (!entry.msgid || entry.fuzzy) return;
  const strings = Object.keys(entry)
    .filter((key) => key.startsWith('msgstr'))
    .sort()
    .map((key) => entry[key]);
  if (strings.some((string) => string !== '')) catalogue[entry.msgid] = strings;
}

export function parsePo(text) {
  const catalogue = {};
  let entry = {};
  let field = '';

  for (const line of text.split('\n')) {
    const start = /^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+(".*")$/.exec(line);
    if (line.startsWith('#,') && line.includes('fuzzy')) entry.fuzzy = true;
    if (start) {
      field = start[1];
      entry[field] = unquote(start[2]);
    } else if (line.startsWith('"')) {
      entry[field] += unquote(line);
    } else if (line.trim() === '') {
      add(catalogue, entry);
      entry = {};
    }
  }
  add(catalogue, entry);
  return catalogue;
}
