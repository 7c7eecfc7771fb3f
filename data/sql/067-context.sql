-- SPDX-License-Identifier: MIT
-- What conversations are made of where they are more than a model can be shown at once.

-- What calls returned, whole, where it was too much to be shown to a model at once. Redacted.
CREATE TABLE call_outputs (
  seq         INTEGER PRIMARY KEY,
  call_id     TEXT    NOT NULL UNIQUE REFERENCES calls (id) ON DELETE CASCADE,
  bytes       INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  text        TEXT    NOT NULL
) STRICT;
CREATE INDEX call_outputs_age ON call_outputs (created_at, bytes);

-- What an Operator is shown in place of the messages of a conversation up to message_id. Only the newest of a conversation and an Operator counts.
CREATE TABLE summaries (
  seq           INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  session_id    TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  run_id        TEXT    REFERENCES runs (id) ON DELETE SET NULL,
  operator_name TEXT    NOT NULL,
  message_id    TEXT    NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  n_messages    INTEGER NOT NULL,
  model         TEXT,
  text          TEXT    NOT NULL,
  kept          TEXT    NOT NULL, -- JSON: what is never left to a summary, as it was said
  created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX summaries_session ON summaries (session_id, operator_name, seq);
CREATE INDEX summaries_message ON summaries (message_id);
CREATE INDEX summaries_run ON summaries (run_id);
