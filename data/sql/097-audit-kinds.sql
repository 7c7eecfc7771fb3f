-- SPDX-License-Identifier: MIT
-- Which events, people, Operators, tools, levels and outcomes stand together in full tiles, '' for none, and from which record to which: so that what
-- is nowhere is not looked for in millions of records, and the rest only where it can be. Its lines are few, and written 256 records at a time.
CREATE TABLE audit_kinds (
  event         TEXT    NOT NULL,
  user_name     TEXT    NOT NULL,
  operator_name TEXT    NOT NULL,
  tool          TEXT    NOT NULL,
  level         TEXT    NOT NULL,
  outcome       TEXT    NOT NULL,
  first         INTEGER NOT NULL,
  last          INTEGER NOT NULL,
  PRIMARY KEY (event, user_name, operator_name, tool, level, outcome)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_kinds (event, user_name, operator_name, tool, level, outcome, first, last)
  SELECT event, coalesce (user_name, ''), coalesce (operator_name, ''), coalesce (tool, ''), coalesce (level, ''), coalesce (outcome, ''), min (seq), max (seq)
  FROM audit WHERE seq <= (SELECT size / 256 * 256 FROM audit_tree) GROUP BY 1, 2, 3, 4, 5, 6;
