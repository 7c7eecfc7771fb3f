-- SPDX-License-Identifier: MIT
-- Runs that another run's call has started, and the plan of one that is split up. A call starts one run at most, however often it is resumed.

ALTER TABLE runs ADD COLUMN plan TEXT;
ALTER TABLE runs ADD COLUMN parent_run_id TEXT REFERENCES runs (id) ON DELETE CASCADE;
ALTER TABLE runs ADD COLUMN parent_call_id TEXT;
ALTER TABLE runs ADD COLUMN root_run_id TEXT;
ALTER TABLE runs ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
-- Of the Operator that asked: it lends no more than it has.
ALTER TABLE runs ADD COLUMN ceiling TEXT CHECK (ceiling IN ('read', 'write', 'exec', 'elevate'));
ALTER TABLE runs ADD COLUMN strict INTEGER NOT NULL DEFAULT 0 CHECK (strict IN (0, 1));
CREATE UNIQUE INDEX runs_parent_call ON runs (parent_call_id) WHERE parent_call_id IS NOT NULL;
CREATE INDEX runs_parent ON runs (parent_run_id, seq) WHERE parent_run_id IS NOT NULL;
CREATE INDEX runs_root ON runs (root_run_id) WHERE root_run_id IS NOT NULL;
DROP INDEX runs_live;
CREATE UNIQUE INDEX runs_live ON runs (session_id) WHERE parent_run_id IS NULL AND state IN ('routing', 'asking', 'resolving');

-- Of the run: 0 are those that the person reads.
ALTER TABLE messages ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
