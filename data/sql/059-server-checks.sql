-- SPDX-License-Identifier: MIT
-- What checks find: of the last one all that the server told, of earlier ones what charts show. Thousandths: of a load of 1, of all
-- memory, of the fullest disk. Old samples are removed by time.

ALTER TABLE servers ADD COLUMN facts TEXT;

CREATE TABLE server_samples (
  server_id TEXT    NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  taken_at  INTEGER NOT NULL,
  is_up     INTEGER NOT NULL CHECK (is_up IN (0, 1)),
  load      INTEGER,
  memory    INTEGER,
  disk      INTEGER,
  PRIMARY KEY (server_id, taken_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX server_samples_taken ON server_samples (taken_at);
