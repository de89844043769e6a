-- Files: who uploaded what, what uses it, and what is in object storage because of it.
-- The row is written before anything is stored and removed after nothing is, so that
-- everything in storage can be found from here.

-- +goose Up
CREATE TABLE uploads (
    id           TEXT PRIMARY KEY,
    member_id    TEXT NOT NULL REFERENCES members (id),
    purpose      TEXT NOT NULL,     -- profile, post, event, archive, proof
    name         TEXT NOT NULL,     -- as the member calls it; never part of a key
    type         TEXT NOT NULL,     -- jpg, png, ...: the extension under which it is stored
    size         BIGINT NOT NULL,   -- bytes; 0 until a form's file was read
    sha256       TEXT NOT NULL,     -- of the whole file, hex; '' until a form's file was read
    folder       TEXT NOT NULL,     -- {env}/{purpose}/{yyyy}/{mm}/{id}: every object of it is in there
    multipart    TEXT NOT NULL,     -- id of the upload in parts; '' before it began and once nothing is left of it
    staged       INTEGER NOT NULL,  -- 1 until what arrived is known to be removed after the completion
    request      TEXT,              -- hash of the Idempotency-Key that began it
    width        INTEGER NOT NULL,  -- of an image as it is shown; else 0
    height       INTEGER NOT NULL,
    uses         INTEGER NOT NULL,  -- rows of upload_uses
    unused_at    BIGINT NOT NULL,   -- since when nothing uses it
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,   -- until then it can be completed
    completed_at BIGINT,            -- verified, and readable from then on
    processed_at BIGINT,            -- variants made
    refused_at   BIGINT,            -- found to be something else than declared
    refused_code TEXT NOT NULL,
    deleted_at   BIGINT,
    cleaned_at   BIGINT             -- storage was seen to hold nothing of a refused or deleted one
);
CREATE UNIQUE INDEX uploads_member_id_request_unique ON uploads (member_id, request);
CREATE INDEX uploads_member_id ON uploads (member_id, id);
CREATE INDEX uploads_unused ON uploads (unused_at) WHERE uses = 0 AND deleted_at IS NULL AND refused_at IS NULL;
CREATE INDEX uploads_unclean ON uploads (id) WHERE cleaned_at IS NULL AND (deleted_at IS NOT NULL OR refused_at IS NOT NULL);
CREATE INDEX uploads_cleaned_at ON uploads (cleaned_at);
CREATE INDEX uploads_staged ON uploads (completed_at) WHERE staged = 1;
CREATE INDEX uploads_unprocessed ON uploads (completed_at) WHERE processed_at IS NULL;

CREATE TABLE upload_uses (
    kind      TEXT NOT NULL,        -- of the thing, as notice
    thing_id  TEXT NOT NULL,
    upload_id TEXT NOT NULL REFERENCES uploads (id),
    position  INTEGER NOT NULL,
    PRIMARY KEY (kind, thing_id, upload_id)
);
CREATE INDEX upload_uses_upload_id ON upload_uses (upload_id);

CREATE TABLE upload_variants (
    upload_id TEXT NOT NULL REFERENCES uploads (id),
    name      TEXT NOT NULL,        -- 320, 960, 1600: the width that it fits in
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    size      BIGINT NOT NULL,
    PRIMARY KEY (upload_id, name)
);

-- +goose Down
DROP TABLE upload_variants;
DROP TABLE upload_uses;
DROP TABLE uploads;
