-- SPDX-License-Identifier: MIT
-- What Operators are told in every conversation: written by people, or proposed by Operators and accepted by a person.
-- scope: everyone's, one person's (user_id), or one Operator's (operator_id).

CREATE TABLE memories (
  seq           INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  text          TEXT    NOT NULL CHECK (text <> ''),
  scope         TEXT    NOT NULL CHECK (scope IN ('everyone', 'person', 'operator')),
  user_id       TEXT    REFERENCES users (id) ON DELETE CASCADE CHECK (scope <> 'person' OR user_id IS NOT NULL),
  operator_id   TEXT    REFERENCES operators (id) ON DELETE CASCADE CHECK (scope <> 'operator' OR operator_id IS NOT NULL),
  status        TEXT    NOT NULL CHECK (status IN ('proposed', 'accepted', 'rejected')),
  source        TEXT    NOT NULL CHECK (source IN ('person', 'operator')),
  source_name   TEXT    NOT NULL,
  reason        TEXT,
  session_id    TEXT,
  run_id        TEXT,
  call_id       TEXT    UNIQUE,
  is_tainted    INTEGER NOT NULL DEFAULT 0 CHECK (is_tainted IN (0, 1)),
  decided_by    TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  decided_at    INTEGER,
  expires_at    INTEGER
) STRICT;
CREATE INDEX memories_status ON memories (status, seq);
CREATE INDEX memories_user ON memories (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX memories_operator ON memories (operator_id) WHERE operator_id IS NOT NULL;
