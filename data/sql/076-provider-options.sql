-- SPDX-License-Identifier: MIT
-- What a kind of provider lets its owner choose: a JSON object that keeps to the kind's schema.
ALTER TABLE providers ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
