-- Minutes (회의록): shared/council/minute. What is published follows from the times of the
-- three steps; items are read and written with their meeting alone, so they stand in its row.

-- +goose Up
CREATE TABLE minute_bodies (
    slug         TEXT PRIMARY KEY,        -- in addresses
    name         TEXT NOT NULL,
    name_en      TEXT NOT NULL,           -- '' for none
    unit         TEXT NOT NULL,           -- whose editors write its minutes
    publish_days INTEGER NOT NULL,        -- from the day of the meeting; what a meeting began with stands in due_at
    numbered     INTEGER NOT NULL,        -- 1: its meetings have rounds
    per_year     INTEGER NOT NULL,        -- 1: rounds begin again each year
    names        INTEGER NOT NULL,        -- 1: who was there may be named
    ord          INTEGER NOT NULL,
    version      BIGINT NOT NULL
);

CREATE TABLE minutes (
    id            TEXT PRIMARY KEY,
    body          TEXT NOT NULL,                         -- slug; bodies are never deleted
    unit          TEXT NOT NULL,          -- that of its body when it was made
    year          INTEGER NOT NULL,       -- by which rounds are counted; 0 where they go on
    round         INTEGER,                -- null: not numbered
    kind          TEXT NOT NULL,          -- regular, extraordinary
    held_at       BIGINT NOT NULL,
    place         TEXT NOT NULL,
    chair         TEXT NOT NULL,
    enrolled      BIGINT,                 -- 재적
    present       BIGINT,                 -- 출석
    attendees     TEXT NOT NULL,          -- names, where the rule of the body says so
    text          TEXT NOT NULL,          -- Markdown; a withheld block is one line that names it
    items         TEXT NOT NULL,          -- JSON, in order
    public_at     BIGINT,                 -- when readers saw the first step
    announced_at  BIGINT,
    decisions_at  BIGINT,
    full_at       BIGINT,
    publish_days  INTEGER NOT NULL,
    due_at        BIGINT NOT NULL,        -- the midnight that ends the last day
    first_due_at  BIGINT NOT NULL,        -- before it was extended
    extended_at   BIGINT,
    extend_reason TEXT NOT NULL,
    deleted_at    BIGINT,
    shown_version BIGINT NOT NULL,        -- the last version that changed what readers see
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX minutes_body_year_round_unique ON minutes (body, year, round) WHERE deleted_at IS NULL;
CREATE INDEX minutes_held_at ON minutes (held_at, id);
CREATE INDEX minutes_deleted_at ON minutes (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE minute_withheld (
    minute_id TEXT NOT NULL REFERENCES minutes (id) ON DELETE CASCADE,
    n         INTEGER NOT NULL,
    lines     INTEGER NOT NULL,
    reason    TEXT NOT NULL,              -- readers see it
    sealed    TEXT NOT NULL,              -- base64 of AES-256-GCM, bound to the meeting and n
    PRIMARY KEY (minute_id, n)
);

CREATE TABLE minute_revisions (
    minute_id TEXT NOT NULL REFERENCES minutes (id) ON DELETE CASCADE,
    version   BIGINT NOT NULL,
    editor    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    draft     INTEGER NOT NULL,           -- 1: saved by itself; the next of the same editor takes its place
    reason    TEXT NOT NULL,              -- of a correction of what readers had seen; '' for none
    stripped  INTEGER NOT NULL,           -- 1: its texts went when a part of them was withheld
    content   TEXT NOT NULL,              -- JSON, without attachments
    PRIMARY KEY (minute_id, version)
);

-- +goose Down
DROP TABLE minute_revisions;
DROP TABLE minute_withheld;
DROP TABLE minutes;
DROP TABLE minute_bodies;
