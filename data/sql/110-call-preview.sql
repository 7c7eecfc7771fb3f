-- SPDX-License-Identifier: MIT
-- What a call was about to change, where nobody was asked: {kind, text}, redacted. NULL: somebody was, or the tool has no preview.
ALTER TABLE calls ADD COLUMN preview TEXT;
