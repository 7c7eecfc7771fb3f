-- SPDX-License-Identifier: MIT
-- The index of words in parts, each from its first record on: what a search for the beginning of a word costs rises with a part, not with the log.
CREATE TABLE audit_parts (
  first INTEGER NOT NULL PRIMARY KEY,
  name  TEXT    NOT NULL
) STRICT;
INSERT INTO audit_parts (first, name) VALUES (1, 'audit_words');
