-- SPDX-License-Identifier: MIT

-- The Merkle tree over the record (RFC 6962): leaf N is record N + 1. The right edge is all that it takes to append.
CREATE TABLE audit_tree (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  size INTEGER NOT NULL,
  edge BLOB    NOT NULL
) STRICT;
INSERT INTO audit_tree (only, size, edge) VALUES (1, 0, x'');

CREATE TRIGGER audit_tree_grows BEFORE UPDATE ON audit_tree WHEN NEW.size < OLD.size
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_tree_no_delete BEFORE DELETE ON audit_tree
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- Tiles of 256 hashes (C2SP tlog-tiles). Those of level 0 are written when they are full, and say which times their records span.
CREATE TABLE audit_tiles (
  level    INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  first_at INTEGER,
  last_at  INTEGER,
  hashes   BLOB    NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;
CREATE INDEX audit_tiles_first ON audit_tiles (level, first_at, n);
CREATE INDEX audit_tiles_last ON audit_tiles (level, last_at, n);

CREATE TRIGGER audit_tiles_grow BEFORE UPDATE ON audit_tiles
WHEN NEW.level <> OLD.level OR NEW.n <> OLD.n OR OLD.level = 0 OR substr (NEW.hashes, 1, length (OLD.hashes)) <> OLD.hashes
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_tiles_no_delete BEFORE DELETE ON audit_tiles
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- Signed heads of the tree.
CREATE TABLE audit_checkpoints (
  size INTEGER NOT NULL PRIMARY KEY,
  at   INTEGER NOT NULL,
  key  TEXT    NOT NULL,
  note TEXT    NOT NULL
) STRICT;
CREATE TRIGGER audit_checkpoints_no_update BEFORE UPDATE ON audit_checkpoints
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_checkpoints_no_delete BEFORE DELETE ON audit_checkpoints
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_checkpoints_no_replace BEFORE INSERT ON audit_checkpoints WHEN NEW.size IN (SELECT size FROM audit_checkpoints)
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- Whole segments that were sealed into a file of their own: only their records may leave the table.
CREATE TABLE audit_segments (
  first     INTEGER NOT NULL PRIMARY KEY,
  last      INTEGER NOT NULL,
  file      TEXT    NOT NULL,
  sha256    TEXT    NOT NULL,
  edge      BLOB    NOT NULL, -- of the tree before its first record
  sealed_at INTEGER NOT NULL,
  CHECK (last >= first AND last % 256 = 0)
) STRICT;
CREATE TRIGGER audit_segments_in_order BEFORE INSERT ON audit_segments
WHEN NEW.first <> (SELECT coalesce (max (last), 0) + 1 FROM audit_segments) OR NEW.last > (SELECT size FROM audit_tree)
BEGIN
  SELECT RAISE (ABORT, 'segments of the audit log are sealed in order');
END;
CREATE TRIGGER audit_segments_no_update BEFORE UPDATE ON audit_segments
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_segments_no_delete BEFORE DELETE ON audit_segments
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.seq > (SELECT coalesce (max (last), 0) FROM audit_segments)
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
-- A number that is given must be the next one; -1 stands for one that is not given.
CREATE TRIGGER audit_no_gap BEFORE INSERT ON audit WHEN NEW.seq <> -1 AND NEW.seq <> (SELECT coalesce (max (seq), 0) + 1 FROM audit)
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- Words of full tiles, and their event, person, Operator, tool, level and outcome as words of their own. It takes the place of an index for each of them,
-- finds any combination, and costs little since it is written 256 records at a time.
CREATE VIRTUAL TABLE audit_words USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
DROP INDEX audit_time;
DROP INDEX audit_event;
DROP INDEX audit_operator;
DROP INDEX audit_tool;
