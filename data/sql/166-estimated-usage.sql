-- SPDX-License-Identifier: MIT
-- A server that tells no tokens has them estimated by the length of what was sent and answered: such answers are told apart.

ALTER TABLE usage ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0 CHECK (estimated IN (0, 1));
ALTER TABLE runs ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0 CHECK (estimated >= 0);
