-- SPDX-License-Identifier: MIT
-- What calls did to files, kept so that a person can undo it. No foreign keys out of it: a change outlives the chat it was made in.

CREATE TABLE changes (
  seq           INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  call_id       TEXT,
  undoes        TEXT,
  run_id        TEXT,
  session_id    TEXT,
  operator_name TEXT,
  user_name     TEXT,
  tool          TEXT    NOT NULL,
  state         TEXT    NOT NULL CHECK (state IN ('kept', 'undone', 'expired')),
  created_at    INTEGER NOT NULL,
  undone_at     INTEGER,
  undone_by     TEXT,
  undone_as     TEXT
) STRICT;
CREATE UNIQUE INDEX changes_call ON changes (call_id) WHERE call_id IS NOT NULL;
CREATE INDEX changes_run ON changes (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX changes_kept ON changes (seq) WHERE state <> 'expired';

-- Kinds: absent, file, directory, link. A link's target stands in before_target; what a file held stands in the data directory, by its SHA-256.
CREATE TABLE change_files (
  seq           INTEGER PRIMARY KEY,
  change_id     TEXT    NOT NULL REFERENCES changes (id) ON DELETE CASCADE,
  path          TEXT    NOT NULL,
  before_kind   TEXT    NOT NULL CHECK (before_kind IN ('absent', 'file', 'directory', 'link')),
  before_sha256 TEXT,
  before_size   INTEGER,
  before_mode   INTEGER,
  before_uid    INTEGER,
  before_gid    INTEGER,
  before_target TEXT,
  after_kind    TEXT    NOT NULL CHECK (after_kind IN ('absent', 'file', 'directory', 'link')),
  after_sha256  TEXT
) STRICT;
CREATE INDEX change_files_change ON change_files (change_id, seq);
CREATE INDEX change_files_content ON change_files (before_sha256) WHERE before_sha256 IS NOT NULL;
