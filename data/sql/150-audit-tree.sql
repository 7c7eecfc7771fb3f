-- SPDX-License-Identifier: MIT

-- The tree grows with the records, to the newest of them, and is never written otherwise: not in its place, not emptied, not replaced.
DROP TRIGGER audit_tree_grows;
CREATE TRIGGER audit_tree_grows BEFORE UPDATE ON audit_tree
WHEN NEW.only <> OLD.only OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.edge <> OLD.edge)
  OR (NEW.size > OLD.size AND (NEW.size <> (SELECT coalesce (max (seq), 0) FROM audit) OR length (NEW.edge) = 0 OR length (NEW.edge) % 32 <> 0))
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_tree_no_insert BEFORE INSERT ON audit_tree
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- REPLACE asks no trigger for DELETE, unless the connection has recursive_triggers, as the daemon's has and others have not.
CREATE TRIGGER audit_tiles_no_replace BEFORE INSERT ON audit_tiles
WHEN EXISTS (SELECT 1 FROM audit_tiles t WHERE t.level = NEW.level AND t.n = NEW.n
             AND (t.level = 0 OR substr (NEW.hashes, 1, length (t.hashes)) <> t.hashes))
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;

-- Records leave only with a checkpoint over the last of them, and when the log itself, as its newest record, says which do and what file has them.
CREATE TRIGGER audit_segments_on_record BEFORE INSERT ON audit_segments
WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE size = NEW.last)
  OR (NEW.first = 1) <> (length (NEW.edge) = 0) OR length (NEW.edge) % 32 <> 0
  OR NEW.file <> printf ('audit-%012d-%012d.jsonl', NEW.first, NEW.last) OR length (NEW.sha256) <> 64
  OR NOT EXISTS (SELECT 1 FROM audit WHERE seq = (SELECT max (seq) FROM audit) AND event = 'audit.sealed'
                 AND detail = printf ('{"first":%d,"last":%d,"file":"%s","sha256":"%s"}', NEW.first, NEW.last, NEW.file, NEW.sha256))
BEGIN
  SELECT RAISE (ABORT, 'a segment of the audit log is sealed with a checkpoint and a record of it');
END;
