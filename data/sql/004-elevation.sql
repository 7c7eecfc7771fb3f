-- SPDX-License-Identifier: MIT
-- What an approver chose beside yes or no, who else has to agree, and where the words came from that a conversation has read.

-- scope: '' as mode says; 'conversation': timed, and only there; 'standing': timed, exactly these arguments, for days.
ALTER TABLE approvals ADD COLUMN scope TEXT NOT NULL DEFAULT '' CHECK (scope IN ('', 'conversation', 'standing'));
ALTER TABLE approvals ADD COLUMN granted_resource TEXT;
ALTER TABLE approvals ADD COLUMN edited_arguments TEXT;
ALTER TABLE approvals ADD COLUMN taint TEXT;
ALTER TABLE approvals ADD COLUMN times_approved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN offer_standing INTEGER NOT NULL DEFAULT 0 CHECK (offer_standing IN (0, 1));
ALTER TABLE approvals ADD COLUMN approvers_needed INTEGER NOT NULL DEFAULT 1 CHECK (approvers_needed IN (1, 2));
ALTER TABLE approvals ADD COLUMN first_by TEXT;
ALTER TABLE approvals ADD COLUMN first_by_id TEXT;
ALTER TABLE approvals ADD COLUMN first_at INTEGER;
ALTER TABLE approvals ADD COLUMN first_terms TEXT;
CREATE INDEX approvals_same ON approvals (operator_id, tool, arguments_sha256, status);

ALTER TABLE grants ADD COLUMN session_id TEXT;
ALTER TABLE grants ADD COLUMN standing INTEGER NOT NULL DEFAULT 0 CHECK (standing IN (0, 1));

-- The approver's arguments, which take the place of the model's; and what the model is told beside the result.
ALTER TABLE calls ADD COLUMN edited_arguments TEXT;
ALTER TABLE calls ADD COLUMN note TEXT;
ALTER TABLE calls ADD COLUMN grant_id TEXT;

ALTER TABLE runs ADD COLUMN unattended INTEGER NOT NULL DEFAULT 0 CHECK (unattended IN (0, 1));

-- Sources of text that nobody vouches for, once each in a conversation.
CREATE TABLE session_taints (
  seq         INTEGER PRIMARY KEY,
  session_id  TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  message_id  TEXT,
  call_id     TEXT    NOT NULL,
  tool        TEXT    NOT NULL,
  plugin      TEXT    NOT NULL,
  resource    TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_taints_source ON session_taints (session_id, tool, resource);
