-- SPDX-License-Identifier: MIT
-- A server that is reached through another one, and where files may be read and written there (a JSON array of absolute paths).

ALTER TABLE servers ADD COLUMN jump_id TEXT REFERENCES servers (id) ON DELETE RESTRICT;
ALTER TABLE servers ADD COLUMN file_paths TEXT NOT NULL DEFAULT '[]';
CREATE INDEX servers_jump ON servers (jump_id);
