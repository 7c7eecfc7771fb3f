-- SPDX-License-Identifier: MIT
-- What the last check found of a server's Docker endpoint. NULL: not asked. A server that has no SSH has '-' for its host and its user, which no
-- host and no user is called.

ALTER TABLE servers ADD COLUMN docker_status TEXT CHECK (docker_status IN ('up', 'failed'));
ALTER TABLE servers ADD COLUMN docker_message TEXT;
