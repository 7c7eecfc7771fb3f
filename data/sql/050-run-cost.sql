-- SPDX-License-Identifier: MIT
-- What the turns of a run cost by the prices under Settings, in millionths of their currency.
ALTER TABLE runs ADD COLUMN cost_micros INTEGER NOT NULL DEFAULT 0;
