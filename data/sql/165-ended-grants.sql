-- SPDX-License-Identifier: MIT
-- Why a grant ended that nobody revoked by itself, until that is on record: the next record that is written takes it along, in the same transaction
-- where what ended it is on record, too.
ALTER TABLE grants ADD COLUMN unrecorded TEXT;
CREATE INDEX grants_unrecorded ON grants (seq) WHERE unrecorded IS NOT NULL;

DROP TRIGGER changed_targets_end_grants;
CREATE TRIGGER changed_targets_end_grants AFTER INSERT ON changed_targets
BEGIN
  UPDATE grants SET revoked_at = NEW.at,
         unrecorded = CASE WHEN operator_id = NEW.operator_id THEN 'the Operator''s working directory is another one'
                           WHEN tool = NEW.tool THEN 'the HTTP tool ' || NEW.tool || ' was changed or deleted'
                           ELSE 'the server ' || NEW.server || ' was changed or deleted' END
   WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > NEW.at
     AND (operator_id = NEW.operator_id OR tool = NEW.tool
          OR ((resource GLOB 'server:*' OR resource GLOB 'servers:*' OR resource GLOB 'docker:*')
              AND instr (replace (lower (resource), '\', ''), NEW.server) > 0));
  UPDATE approvals SET first_by = NULL, first_by_id = NULL, first_at = NULL, first_terms = NULL
   WHERE status = 'pending' AND first_by_id IS NOT NULL
     AND (operator_id = NEW.operator_id OR tool = NEW.tool
          OR ((resource GLOB 'server:*' OR resource GLOB 'servers:*' OR resource GLOB 'docker:*')
              AND instr (replace (lower (resource), '\', ''), NEW.server) > 0));
  DELETE FROM changed_targets;
END;
