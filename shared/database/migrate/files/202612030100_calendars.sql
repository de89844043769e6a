-- The calendar (일정): shared/council/calendar.

-- +goose Up
CREATE TABLE calendar_events (
    id           TEXT PRIMARY KEY,
    series       TEXT,            -- those that were made at once, as every Monday; NULL for one alone
    unit         TEXT NOT NULL,
    category     TEXT NOT NULL,   -- a word of calendar.Policy
    title        TEXT NOT NULL,
    title_en     TEXT NOT NULL,
    text         TEXT NOT NULL,   -- plain
    place        TEXT NOT NULL,
    map_url      TEXT NOT NULL,
    url          TEXT NOT NULL,
    all_day      BIGINT NOT NULL, -- 1: starts and ends are midnights in Seoul
    starts       BIGINT NOT NULL,
    ends         BIGINT NOT NULL, -- exclusive; that of starts for what has no length
    uid          TEXT NOT NULL UNIQUE, -- in calendars, for ever
    origin       TEXT,            -- UID in the file that it was imported from; NULL for what was written here
    missing      BIGINT NOT NULL, -- 1: deleted since its file has it no more
    cancelled_at BIGINT,
    deleted_at   BIGINT,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX calendar_events_starts ON calendar_events (starts, id) WHERE deleted_at IS NULL;
CREATE INDEX calendar_events_series ON calendar_events (series, starts) WHERE series IS NOT NULL;
CREATE INDEX calendar_events_origin ON calendar_events (origin) WHERE origin IS NOT NULL;
CREATE INDEX calendar_events_deleted ON calendar_events (deleted_at) WHERE deleted_at IS NOT NULL;

-- +goose Down
DROP TABLE calendar_events;
