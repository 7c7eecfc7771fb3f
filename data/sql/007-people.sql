-- SPDX-License-Identifier: MIT
-- People beside the owner: invitations, second factors, and what their sign-ins and tokens may do.
-- An account without a password yet has the record ''. proved_at is when somebody last proved to be there, within one sign-in.

ALTER TABLE users ADD COLUMN last_login_at INTEGER;
ALTER TABLE users ADD COLUMN code_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN codes_blocked_until INTEGER NOT NULL DEFAULT 0;

ALTER TABLE logins ADD COLUMN id TEXT;
ALTER TABLE logins ADD COLUMN last_used_at INTEGER;
ALTER TABLE logins ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
UPDATE logins SET id = lower (hex (randomblob (16)));
CREATE UNIQUE INDEX logins_id ON logins (id);

ALTER TABLE tokens ADD COLUMN role TEXT CHECK (role IN ('owner', 'administrator', 'approver', 'viewer'));
ALTER TABLE tokens ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0 CHECK (read_only IN (0, 1));
ALTER TABLE tokens ADD COLUMN groups TEXT;

CREATE TABLE invitations (
  token_sha256 TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE second_factors (
  id            TEXT    NOT NULL PRIMARY KEY,
  user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind          TEXT    NOT NULL CHECK (kind IN ('totp', 'passkey')),
  name          TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  sealed_secret TEXT    CHECK (kind <> 'totp' OR sealed_secret IS NOT NULL),
  last_step     INTEGER NOT NULL DEFAULT 0,
  credential_id TEXT    UNIQUE CHECK (kind <> 'passkey' OR credential_id IS NOT NULL),
  public_key    TEXT    CHECK (kind <> 'passkey' OR public_key IS NOT NULL),
  rp_id         TEXT    CHECK (kind <> 'passkey' OR rp_id IS NOT NULL),
  counter       INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER
) STRICT;
CREATE INDEX second_factors_user ON second_factors (user_id);
CREATE UNIQUE INDEX second_factors_name ON second_factors (user_id, name COLLATE NOCASE);
CREATE UNIQUE INDEX second_factors_totp ON second_factors (user_id) WHERE kind = 'totp';

CREATE TABLE recovery_codes (
  user_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_sha256 TEXT    NOT NULL,
  used_at     INTEGER,
  PRIMARY KEY (user_id, code_sha256)
) STRICT;

-- What was asked of a browser and is not answered yet. secret: of an authenticator app that is being set up, sealed.
CREATE TABLE challenges (
  ticket_sha256 TEXT    NOT NULL PRIMARY KEY,
  purpose       TEXT    NOT NULL CHECK (purpose IN ('login', 'prove', 'totp', 'passkey')),
  user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  login_id      TEXT,
  challenge     TEXT    NOT NULL,
  secret        TEXT,
  attempts      INTEGER NOT NULL DEFAULT 0,
  expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX challenges_expiry ON challenges (expires_at);
CREATE INDEX challenges_user ON challenges (user_id);
