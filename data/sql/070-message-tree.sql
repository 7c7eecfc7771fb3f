-- SPDX-License-Identifier: MIT
-- What was said is a tree: a message that was edited, or answered again, stays beside its alternatives.
-- No foreign key on parent_id: a conversation goes as a whole, and SQLite nests what cascades only 1,000 deep.
ALTER TABLE messages ADD COLUMN parent_id TEXT;
UPDATE messages SET parent_id = (SELECT earlier.id FROM messages AS earlier
                                 WHERE earlier.session_id = messages.session_id AND earlier.seq < messages.seq ORDER BY earlier.seq DESC LIMIT 1);
CREATE INDEX messages_parent ON messages (session_id, parent_id, seq);

-- The end of the branch that is shown.
ALTER TABLE sessions ADD COLUMN leaf_id TEXT;
UPDATE sessions SET leaf_id = (SELECT id FROM messages WHERE session_id = sessions.id ORDER BY seq DESC LIMIT 1);

-- The person's message that a run answers; of one that answers again it belongs to an earlier run.
ALTER TABLE runs ADD COLUMN question_id TEXT;
UPDATE runs SET question_id = (SELECT id FROM messages WHERE run_id = runs.id AND kind = 'user' ORDER BY seq LIMIT 1);
