-- SPDX-License-Identifier: MIT
-- The second model, asked where the first can't answer; and what a run was made from: one that is run again, or gone on with.

ALTER TABLE operators ADD COLUMN fallback_provider_id TEXT REFERENCES providers (id) ON DELETE SET NULL;
ALTER TABLE operators ADD COLUMN fallback_model TEXT;
CREATE INDEX operators_fallback ON operators (fallback_provider_id) WHERE fallback_provider_id IS NOT NULL;

ALTER TABLE runs ADD COLUMN origin TEXT CHECK (origin IN ('rerun', 'continue'));
ALTER TABLE runs ADD COLUMN origin_id TEXT;
CREATE INDEX runs_origin ON runs (origin_id) WHERE origin_id IS NOT NULL;
