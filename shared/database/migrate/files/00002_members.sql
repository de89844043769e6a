-- Signing in, proving to be a student, consents.

-- +goose Up
CREATE TABLE refresh_tokens (
    hash       TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    next_hash  TEXT,               -- of the token that replaced it
    used_at    BIGINT,
    until_at   BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);

CREATE TABLE attempts (
    id       TEXT PRIMARY KEY,     -- keyed hash of what is guessed at, or of who guesses
    tries    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    until_at BIGINT NOT NULL       -- none is allowed before
);
CREATE INDEX attempts_last_at ON attempts (last_at);

CREATE TABLE recovery_codes (
    member_id TEXT NOT NULL REFERENCES members (id),
    hash      TEXT NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (member_id, hash)
);

CREATE TABLE password_resets (
    hash       TEXT PRIMARY KEY,
    member_id  TEXT NOT NULL REFERENCES members (id),
    until_at   BIGINT NOT NULL,
    used_at    BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX password_resets_member_id ON password_resets (member_id);
CREATE INDEX password_resets_until_at ON password_resets (until_at);

CREATE TABLE mail_codes (
    member_id   TEXT PRIMARY KEY REFERENCES members (id),
    student_key TEXT NOT NULL,     -- keyed hash of the address that the code was sent to
    code_hash   TEXT NOT NULL,
    tries       BIGINT NOT NULL,
    until_at    BIGINT NOT NULL
);

CREATE TABLE roster (
    number_key TEXT PRIMARY KEY,   -- keyed hash of the student number
    name_key   TEXT NOT NULL,      -- keyed hash of number and name
    mail_key   TEXT,               -- keyed hash of the school mail address, where it is known
    listed_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX roster_mail_key_unique ON roster (mail_key);

CREATE TABLE consents (
    member_id TEXT NOT NULL REFERENCES members (id),
    kind      TEXT NOT NULL,       -- privacy, age, marketing
    version   TEXT NOT NULL,       -- of the policy that was shown
    given     INTEGER NOT NULL,    -- 1 given, 0 withdrawn
    at        BIGINT NOT NULL,
    PRIMARY KEY (member_id, kind, at)
);

CREATE TABLE oidc_links (
    issuer    TEXT NOT NULL,       -- the issuer identifier, a URL
    subject   TEXT NOT NULL,       -- the issuer's name for the person
    member_id TEXT NOT NULL REFERENCES members (id),
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX oidc_links_member_id_issuer_unique ON oidc_links (member_id, issuer);

-- +goose Down
DROP TABLE oidc_links;
DROP TABLE consents;
DROP TABLE roster;
DROP TABLE mail_codes;
DROP TABLE password_resets;
DROP TABLE recovery_codes;
DROP TABLE attempts;
DROP TABLE refresh_tokens;
