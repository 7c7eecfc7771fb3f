-- SPDX-License-Identifier: MIT
-- Changed files may be on a server. Its name is that of the time: a change outlives the entry. NULL: this host.

ALTER TABLE change_files ADD COLUMN server_id TEXT;
ALTER TABLE change_files ADD COLUMN server_name TEXT;
