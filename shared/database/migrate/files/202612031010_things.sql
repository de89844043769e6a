-- Addresses of a thing's page beside things.path, by which others may name it: of an amendment that of its text, and that
-- of what it changes however it was asked for.

-- +goose Up
CREATE TABLE thing_pages (
    path   TEXT NOT NULL,   -- as thing.PageOf has it
    number BIGINT NOT NULL, -- of the thing
    PRIMARY KEY (path, number)
);
CREATE INDEX thing_pages_number ON thing_pages (number);

-- +goose Down
DROP TABLE thing_pages;
