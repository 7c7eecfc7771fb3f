-- SPDX-License-Identifier: MIT
-- Whatever a person approved led to a place: a server, what an HTTP tool sends, the directory an Operator works in. Once that place is another one,
-- what was granted for it is over, and the first of two approvals counts for nothing, whoever changed it and by which way.
CREATE TABLE changed_targets (operator_id TEXT, tool TEXT, server TEXT, at INTEGER NOT NULL) STRICT;

-- A row here says what leads elsewhere now; it is gone again at once.
CREATE TRIGGER changed_targets_end_grants AFTER INSERT ON changed_targets
BEGIN
  UPDATE grants SET revoked_at = NEW.at
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

CREATE TRIGGER servers_lead_elsewhere AFTER UPDATE ON servers
WHEN (OLD.name, OLD.host, OLD.port, OLD.user_name, OLD.credential_id, OLD.jump_id, OLD.docker_endpoint, OLD.docker_credential_id)
     IS NOT (NEW.name, NEW.host, NEW.port, NEW.user_name, NEW.credential_id, NEW.jump_id, NEW.docker_endpoint, NEW.docker_credential_id)
     OR (OLD.host_key <> ifnull (NEW.host_key, '') AND (NEW.host_key IS NULL OR NEW.host_key GLOB '*SHA256:*'))
BEGIN
  INSERT INTO changed_targets (server, at) VALUES (replace (lower (OLD.name), '\', ''), NEW.updated_at);
END;

CREATE TRIGGER servers_lead_nowhere AFTER DELETE ON servers
BEGIN
  INSERT INTO changed_targets (server, at)
  VALUES (replace (lower (OLD.name), '\', ''), CAST ((julianday ('now') - 2440587.5) * 86400000000 AS INTEGER));
END;

CREATE TRIGGER http_tools_send_another AFTER UPDATE ON http_tools
WHEN (OLD.name, OLD.request, OLD.credential_id) IS NOT (NEW.name, NEW.request, NEW.credential_id)
BEGIN
  INSERT INTO changed_targets (tool, at) VALUES ('http.' || OLD.name, NEW.updated_at);
END;

CREATE TRIGGER http_tools_send_nothing AFTER DELETE ON http_tools
BEGIN
  INSERT INTO changed_targets (tool, at) VALUES ('http.' || OLD.name, CAST ((julianday ('now') - 2440587.5) * 86400000000 AS INTEGER));
END;

CREATE TRIGGER operators_work_elsewhere AFTER UPDATE ON operators WHEN OLD.working_directory IS NOT NEW.working_directory
BEGIN
  INSERT INTO changed_targets (operator_id, at) VALUES (NEW.id, NEW.updated_at);
END;
