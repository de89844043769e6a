-- Search over all things. The index says of each character of a thing which characters follow it: a
-- row for each pair, as thing_grams has it, took 92 bytes a pair on PostgreSQL. The release before
-- writes thing_grams and reads it; a later one drops it.

-- +goose Up
CREATE TABLE thing_letters (
    letter TEXT NOT NULL,              -- a character, folded
    number BIGINT NOT NULL,            -- of the thing that has it
    nexts  TEXT NOT NULL,              -- characters that follow it somewhere there, at most 200; each in one row
    PRIMARY KEY (letter, number, nexts) -- with nexts the index alone answers
);
CREATE INDEX thing_letters_number ON thing_letters (number);

ALTER TABLE things ADD COLUMN heading TEXT NOT NULL DEFAULT ''; -- the title as it is searched
ALTER TABLE things ADD COLUMN labels TEXT NOT NULL DEFAULT '';  -- the tags, a line for each
CREATE INDEX things_stale ON things (number) WHERE substr(checksum, 1, 2) <> '3:';

CREATE TABLE search_misses (
    week    TEXT NOT NULL,             -- its Monday in Seoul, as 2026-12-07
    key     TEXT NOT NULL,             -- a keyed hash of the words that were looked for
    times   BIGINT NOT NULL,
    words   TEXT NOT NULL,             -- as typed; '' until enough asked for the same
    last_at BIGINT NOT NULL,
    PRIMARY KEY (week, key)
);
CREATE INDEX search_misses_times ON search_misses (week, times, key);

-- +goose Down
DROP TABLE search_misses;
DROP INDEX things_stale;
ALTER TABLE things DROP COLUMN labels;
ALTER TABLE things DROP COLUMN heading;
DROP TABLE thing_letters;
