-- SPDX-License-Identifier: MIT
-- Who made the title: 'words' are the first ones that were said; only those and a model's are made anew.
ALTER TABLE sessions ADD COLUMN title_by TEXT NOT NULL DEFAULT 'person' CHECK (title_by IN ('person', 'words', 'model'));
ALTER TABLE sessions ADD COLUMN pinned_at INTEGER;
CREATE INDEX sessions_pinned ON sessions (user_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- What was said, by word; kept by the store, for a virtual table is nothing that a trigger of a schema may use. It holds no text of its
-- own: what is shown of a hit comes from the message, redacted.
CREATE VIRTUAL TABLE message_words USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
INSERT INTO message_words (rowid, text)
  SELECT seq, json_extract (content, '$.text') FROM messages WHERE kind IN ('user', 'assistant') AND json_extract (content, '$.text') <> '';

-- What each answer of a model took. It outlives the conversation: the money is spent.
CREATE TABLE usage (
  seq              INTEGER PRIMARY KEY,
  at               INTEGER NOT NULL,
  user_id          TEXT    NOT NULL,
  operator_name    TEXT,
  purpose          TEXT    NOT NULL CHECK (purpose <> ''),
  provider_name    TEXT,
  model            TEXT,
  session_id       TEXT,
  run_id           TEXT,
  message_id       TEXT,
  input_tokens     INTEGER NOT NULL CHECK (input_tokens >= 0),
  output_tokens    INTEGER NOT NULL CHECK (output_tokens >= 0),
  cached_tokens    INTEGER NOT NULL CHECK (cached_tokens >= 0),
  reasoning_tokens INTEGER NOT NULL CHECK (reasoning_tokens >= 0),
  cost_micros      INTEGER NOT NULL CHECK (cost_micros >= 0)
) STRICT;
CREATE INDEX usage_user ON usage (user_id, at, seq);
CREATE INDEX usage_time ON usage (at, seq);
INSERT INTO usage (at, user_id, operator_name, purpose, session_id, run_id, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_micros)
  SELECT created_at, user_id, operator_name, 'answer', session_id, id, max (0, coalesce (input_tokens, 0)), max (0, coalesce (output_tokens, 0)), 0, 0,
         max (0, cost_micros)
  FROM runs WHERE input_tokens > 0 OR output_tokens > 0 ORDER BY seq;
