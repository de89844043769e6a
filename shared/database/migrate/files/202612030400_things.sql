-- What things name each other by the addresses of their pages: a version of the rules the meeting that
-- decided it, an item of the minutes the amendment that it is about.

-- +goose Up
CREATE TABLE thing_links (
    path   TEXT NOT NULL,   -- of the page that is named, in Korean
    number BIGINT NOT NULL, -- of the thing that names it
    PRIMARY KEY (path, number)
);
CREATE INDEX thing_links_number ON thing_links (number);
CREATE INDEX things_path ON things (path);

-- +goose Down
DROP INDEX things_path;
DROP TABLE thing_links;
