-- SPDX-License-Identifier: MIT
-- What a call found before its change, so that it can be put back: an object of the tool's own, redacted. NULL: it noted nothing.
ALTER TABLE calls ADD COLUMN noted TEXT;
