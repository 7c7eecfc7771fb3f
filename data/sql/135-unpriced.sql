-- SPDX-License-Identifier: MIT
-- What no price is known for costs nothing where it is counted, which it doesn't in truth: such answers are told apart.

ALTER TABLE usage ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0 CHECK (unpriced IN (0, 1));
ALTER TABLE runs ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0 CHECK (unpriced >= 0);
