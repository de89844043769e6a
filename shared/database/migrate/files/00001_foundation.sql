-- What every function stands on. The same text runs on PostgreSQL and SQLite: ids are
-- text made by the program, times are milliseconds since 1970 in UTC.

-- +goose Up
CREATE TABLE idempotency (
    id         TEXT PRIMARY KEY,  -- hash of caller, route and Idempotency-Key
    request    TEXT NOT NULL,     -- hash of the body
    status     INTEGER NOT NULL,
    header     TEXT NOT NULL,     -- JSON
    body       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,  -- the event's id: the thing and its version
    type       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    data       TEXT NOT NULL,     -- JSON
    trace      TEXT NOT NULL,     -- W3C traceparent of the request that made it
    created_at BIGINT NOT NULL,
    sent_at    BIGINT             -- null until the broker accepted it
);
CREATE INDEX outbox_unsent ON outbox (created_at) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent_at ON outbox (sent_at);

CREATE TABLE audit (
    id         TEXT PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,     -- member id
    action     TEXT NOT NULL,     -- as "notices.edit"
    subject    TEXT NOT NULL,     -- what or whom it was done to
    origin     TEXT NOT NULL,     -- client address, hashed with the day's salt
    request_id TEXT NOT NULL,
    detail     TEXT NOT NULL      -- JSON, never personal data
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_subject ON audit (subject, at);

CREATE TABLE members (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL,         -- lower case; random once anonymised
    name          TEXT NOT NULL,
    unit          TEXT NOT NULL,         -- the member's own department (학과), or ''
    password      TEXT NOT NULL,         -- argon2id in PHC form, or '' with OIDC only
    verified_at   BIGINT,                -- as a student
    verified_by   TEXT NOT NULL,         -- mail, roster, admin or ''
    student_key   TEXT,                  -- keyed hash of what proved it: one account each
    totp_secret   TEXT NOT NULL,         -- sealed, or ''
    totp_at       BIGINT,                -- when it was confirmed
    totp_step     BIGINT NOT NULL,       -- last accepted step: none is accepted twice
    suspended_at  BIGINT,
    leaving_at    BIGINT,                -- when leaving was asked for
    anonymised_at BIGINT,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX members_email_unique ON members (email);
CREATE UNIQUE INDEX members_student_key_unique ON members (student_key);
CREATE INDEX members_leaving_at ON members (leaving_at);

CREATE TABLE member_roles (
    member_id  TEXT NOT NULL REFERENCES members (id),
    role       TEXT NOT NULL,            -- editor, moderator, admin
    unit       TEXT NOT NULL,            -- '' for every unit
    until_at   BIGINT,                   -- end of the term; null for none
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, role, unit)
);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    member_id    TEXT NOT NULL REFERENCES members (id),
    access_hash  TEXT NOT NULL,
    access_until BIGINT NOT NULL,
    until_at     BIGINT NOT NULL,        -- end of the session itself
    totp_at      BIGINT,                 -- when a second factor was given
    revoked_at   BIGINT,
    created_at   BIGINT NOT NULL,
    refreshed_at BIGINT NOT NULL,
    device       TEXT NOT NULL           -- what the member sees in the list of sessions
);
CREATE UNIQUE INDEX sessions_access_hash_unique ON sessions (access_hash);
CREATE INDEX sessions_member_id ON sessions (member_id);
CREATE INDEX sessions_until_at ON sessions (until_at);

-- +goose Down
DROP TABLE sessions;
DROP TABLE member_roles;
DROP TABLE members;
DROP TABLE audit;
DROP TABLE outbox;
DROP TABLE idempotency;
