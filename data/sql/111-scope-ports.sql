-- SPDX-License-Identifier: MIT
-- When a host's ports were last asked; NULL: never, a discovery alone has seen it, so that nothing is known about them.
ALTER TABLE scope_hosts ADD COLUMN ports_scanned_at INTEGER;
UPDATE scope_hosts SET ports_scanned_at = last_seen_at WHERE EXISTS (SELECT 1 FROM scope_services s WHERE s.host_id = scope_hosts.id)
  OR EXISTS (SELECT 1 FROM scope_scans c WHERE c.id = scope_hosts.last_scan_id AND c.profile <> 'discovery');
