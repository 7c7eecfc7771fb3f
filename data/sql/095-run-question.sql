-- SPDX-License-Identifier: MIT
-- The beginning of what was asked, redacted: the message itself is for who asked alone.
ALTER TABLE runs ADD COLUMN question TEXT;
