-- SPDX-License-Identifier: MIT
-- Two more kinds of credential: what HTTP services give out. The check of a column can't be changed, so the column is made anew.

ALTER TABLE credentials ADD COLUMN new_kind TEXT NOT NULL DEFAULT 'password' CHECK (new_kind IN ('ssh_key', 'password', 'api_key', 'token'));
UPDATE credentials SET new_kind = kind;
ALTER TABLE credentials DROP COLUMN kind;
ALTER TABLE credentials RENAME COLUMN new_kind TO kind;
