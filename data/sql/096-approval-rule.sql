-- SPDX-License-Identifier: MIT
-- What asked for a person, as it was decided then: a rule of the policy, a plugin's, or the trust mode; and why, in words.
ALTER TABLE approvals ADD COLUMN rule TEXT;
ALTER TABLE approvals ADD COLUMN because TEXT;
