-- SPDX-License-Identifier: MIT
-- The operating system as a person entered it. NULL: what a check finds is shown.

ALTER TABLE servers ADD COLUMN os TEXT;
