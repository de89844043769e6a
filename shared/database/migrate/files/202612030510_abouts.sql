-- What the council says of itself, each version as it was saved; the newest counts.

-- +goose Up
CREATE TABLE abouts (
    version  BIGINT PRIMARY KEY, -- 2, 3, 4 …; 1 says nothing and has no row
    saved_at BIGINT NOT NULL,
    value    TEXT NOT NULL       -- JSON of about.Content
);

-- +goose Down
DROP TABLE abouts;
