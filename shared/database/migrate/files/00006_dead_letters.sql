-- Events that a consumer never took, however often the broker tried.

-- +goose Up
CREATE TABLE dead_letters (
    id          TEXT PRIMARY KEY,
    event_id    TEXT NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    data        TEXT NOT NULL,      -- JSON
    trace       TEXT NOT NULL,      -- W3C traceparent of the request that made it
    happened_at BIGINT NOT NULL,
    sink        TEXT NOT NULL,      -- who did not take it: the broker's address for it
    status      INTEGER NOT NULL,   -- of the last answer; 0 where there was none
    answer      TEXT NOT NULL,      -- the beginning of the last answer
    times       INTEGER NOT NULL,   -- how often the broker gave it up
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX dead_letters_event_sink_unique ON dead_letters (event_id, sink);
CREATE INDEX dead_letters_last_at ON dead_letters (last_at, id);

-- +goose Down
DROP TABLE dead_letters;
