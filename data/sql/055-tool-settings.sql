-- SPDX-License-Identifier: MIT
-- What the owner sets for tools: in clear, and the secrets among it sealed together.

CREATE TABLE tool_settings (
  id         TEXT    NOT NULL PRIMARY KEY,
  settings   TEXT    NOT NULL,
  secrets    TEXT    NOT NULL, -- names of the sealed members
  sealed     TEXT,
  updated_at INTEGER NOT NULL
) STRICT;
