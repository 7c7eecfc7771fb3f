-- SPDX-License-Identifier: MIT
-- It could be stored, and nothing read it.
DELETE FROM settings WHERE name = 'password_min_length';
