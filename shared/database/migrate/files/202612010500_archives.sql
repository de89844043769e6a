-- Archives (자료집): shared/council/archive.

-- +goose Up
CREATE TABLE archive_plans (
    id      BIGINT PRIMARY KEY, -- 1: there is one
    version BIGINT NOT NULL
);

CREATE TABLE archive_categories (
    id       TEXT PRIMARY KEY,
    parent   TEXT REFERENCES archive_categories (id),
    level    BIGINT NOT NULL CHECK (level BETWEEN 1 AND 3),
    name     TEXT NOT NULL,
    name_en  TEXT NOT NULL,
    audience TEXT NOT NULL, -- public, students or council: of what is added, unless told
    ord      BIGINT NOT NULL
);

CREATE TABLE archive_expected (
    category_id TEXT NOT NULL REFERENCES archive_categories (id),
    unit        TEXT NOT NULL,
    period      TEXT NOT NULL,
    year        BIGINT NOT NULL, -- of the period
    due_on      TEXT NOT NULL,   -- a day in Seoul, 2026-04-30
    PRIMARY KEY (category_id, unit, period)
);
CREATE INDEX archive_expected_year ON archive_expected (year);

CREATE TABLE archives (
    id           TEXT PRIMARY KEY,
    category_id  TEXT NOT NULL REFERENCES archive_categories (id),
    unit         TEXT NOT NULL,
    period       TEXT NOT NULL,
    year         BIGINT NOT NULL, -- of the period
    title        TEXT NOT NULL,
    summary      TEXT NOT NULL,
    audience     TEXT NOT NULL, -- public, students or council
    table_csv    TEXT NOT NULL, -- as archive.Table writes it; '' for none
    note         TEXT NOT NULL, -- why its sums do not fit
    masked_by    TEXT, -- member id: who said that personal data in the files is covered
    masked_at    BIGINT,
    published_at BIGINT, -- NULL: a draft, or withdrawn
    first_at     BIGINT, -- when it was first published
    deleted_at   BIGINT,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX archives_published ON archives (published_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX archives_year ON archives (year);
CREATE INDEX archives_category ON archives (category_id);
CREATE INDEX archives_deleted ON archives (deleted_at) WHERE deleted_at IS NOT NULL;

-- What an archive said before it was corrected; the files are in upload_uses.
CREATE TABLE archive_corrections (
    archive_id TEXT NOT NULL REFERENCES archives (id) ON DELETE CASCADE,
    n          BIGINT NOT NULL, -- from 1
    at         BIGINT NOT NULL,
    reason     TEXT NOT NULL,
    table_csv  TEXT NOT NULL,
    note       TEXT NOT NULL,
    PRIMARY KEY (archive_id, n)
);

CREATE TABLE archive_files (
    archive_id TEXT NOT NULL REFERENCES archives (id) ON DELETE CASCADE,
    upload_id  TEXT NOT NULL,
    downloads  BIGINT NOT NULL, -- of whom nobody knows
    crc32      BIGINT,          -- NULL until a bundle needed it
    PRIMARY KEY (archive_id, upload_id)
);

CREATE TABLE archive_bundles (
    hash       TEXT PRIMARY KEY, -- of what it holds
    year       BIGINT NOT NULL,
    audiences  TEXT NOT NULL,    -- of who asked first
    state      TEXT NOT NULL, -- making, ready, outdated or failed
    object     TEXT NOT NULL,    -- its key in the storage, used once; '' for none
    multipart  TEXT NOT NULL,    -- id of the upload in parts; '' before it began and after it ended
    parts      TEXT NOT NULL,    -- JSON: the parts that are stored
    done       BIGINT NOT NULL,  -- bytes in them
    size       BIGINT NOT NULL,  -- bytes of the whole
    turn       BIGINT NOT NULL,  -- counts the events
    asked_at   BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX archive_bundles_year ON archive_bundles (year);
CREATE INDEX archive_bundles_updated ON archive_bundles (state, updated_at);
CREATE INDEX archive_bundles_expires ON archive_bundles (expires_at);

-- Objects that no bundle needs any more, until they are gone from the storage.
CREATE TABLE archive_leavings (
    object    TEXT PRIMARY KEY,
    multipart TEXT NOT NULL,
    due_at    BIGINT NOT NULL -- nobody works on it any more
);
CREATE INDEX archive_leavings_due ON archive_leavings (due_at);

-- +goose Down
DROP TABLE archive_leavings;
DROP TABLE archive_bundles;
DROP TABLE archive_files;
DROP TABLE archive_corrections;
DROP TABLE archives;
DROP TABLE archive_expected;
DROP TABLE archive_categories;
DROP TABLE archive_plans;
