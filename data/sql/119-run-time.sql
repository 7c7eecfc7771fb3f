-- SPDX-License-Identifier: MIT
-- How long a run was busy, so that a restart does not give it its full time again. Waiting for people does not count.
ALTER TABLE runs ADD COLUMN busy_ms INTEGER NOT NULL DEFAULT 0;
