-- SPDX-License-Identifier: MIT
-- What people show to models. The content stands in the data directory, by its SHA-256; a session is named once it was sent in it.
CREATE TABLE attachments (
  seq         INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL UNIQUE,
  user_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_id  TEXT    REFERENCES sessions (id) ON DELETE CASCADE,
  name        TEXT    NOT NULL CHECK (name <> ''),
  media_type  TEXT    NOT NULL CHECK (media_type <> ''),
  size        INTEGER NOT NULL CHECK (size > 0),
  sha256      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX attachments_user ON attachments (user_id, created_at);
CREATE INDEX attachments_session ON attachments (session_id);
CREATE INDEX attachments_content ON attachments (sha256);
