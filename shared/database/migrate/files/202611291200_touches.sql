-- Touches that pages were not told of yet: written with what they are about, and deleted once
-- Redis knows. Usually there is none.

-- +goose Up
CREATE TABLE touches (
    id  TEXT PRIMARY KEY, -- in the order of time
    tag TEXT NOT NULL     -- of pages
);

-- +goose Down
DROP TABLE touches;
