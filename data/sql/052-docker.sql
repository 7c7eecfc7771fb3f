-- SPDX-License-Identifier: MIT
-- Where a server's Docker Engine listens, what its TLS needs, and the folders that Compose projects may lie in.

ALTER TABLE servers ADD COLUMN docker_endpoint TEXT;
ALTER TABLE servers ADD COLUMN docker_ca TEXT;
ALTER TABLE servers ADD COLUMN docker_certificate TEXT;
ALTER TABLE servers ADD COLUMN docker_credential_id TEXT REFERENCES credentials (id) ON DELETE RESTRICT;
ALTER TABLE servers ADD COLUMN compose_folders TEXT NOT NULL DEFAULT '[]';
CREATE INDEX servers_docker_credential ON servers (docker_credential_id);
