-- Things: one row for each thing that can be read, whatever kind it is, written by the store
-- that owns it in the same unit of work. Search, feeds and what else is about things of
-- every kind read nothing but these.

-- +goose Up
CREATE TABLE things (
    number         BIGINT PRIMARY KEY, -- of kind and id, as thing.Ref.Number makes it: short, for thing_grams
    kind           TEXT NOT NULL,      -- one of thing.Kinds
    id             TEXT NOT NULL,
    unit           TEXT NOT NULL,      -- whose editors read it whatever its times and readers
    path           TEXT NOT NULL,      -- of its page, in Korean; '' for none
    title          TEXT NOT NULL,
    line           TEXT NOT NULL,      -- for lists and messages
    text           TEXT NOT NULL,      -- plain, at most 20 000 characters
    tags           TEXT NOT NULL,      -- JSON, as shown
    folded         TEXT NOT NULL,      -- title, tags and text as they are searched
    initials       TEXT NOT NULL,      -- of title and tags
    at             BIGINT NOT NULL,    -- sorts
    visible_from   BIGINT,             -- null: not by itself
    visible_until  BIGINT,             -- null: for good
    readers        TEXT NOT NULL,      -- guests, members, students, council, own
    author_id      TEXT,               -- member id, never shown; null: nobody any more
    allows         TEXT NOT NULL,      -- what readers may do with it, separated by spaces
    closed_because TEXT NOT NULL,      -- a code, where it allows no more
    hidden_at      BIGINT,             -- by a moderator
    version        BIGINT NOT NULL,    -- of the thing
    checksum       TEXT NOT NULL       -- of what its owner said, and of the rules of the grams
);
CREATE UNIQUE INDEX things_kind_id_unique ON things (kind, id);
CREATE INDEX things_kind_at ON things (kind, at, number);
CREATE INDEX things_visible_from ON things (kind, visible_from) WHERE visible_from IS NOT NULL;
CREATE INDEX things_visible_until ON things (kind, visible_until) WHERE visible_until IS NOT NULL;
CREATE INDEX things_author_id ON things (author_id) WHERE author_id IS NOT NULL;

CREATE TABLE thing_grams (
    gram   TEXT NOT NULL,              -- two characters, folded
    number BIGINT NOT NULL,
    weight SMALLINT NOT NULL,          -- of the best place that it is in: title 4, tags 3, initials 2, text 1
    PRIMARY KEY (gram, number)
);
CREATE INDEX thing_grams_number ON thing_grams (number);

CREATE TABLE thing_dates (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    label   TEXT NOT NULL,             -- what is at that time, as a code of its kind
    starts  BIGINT NOT NULL,
    ends    BIGINT,
    all_day INTEGER NOT NULL,          -- 1 for whole days
    PRIMARY KEY (kind, id, label, starts)
);
CREATE INDEX thing_dates_starts ON thing_dates (starts);

CREATE TABLE thing_walks (
    kind   TEXT PRIMARY KEY,
    behind TEXT NOT NULL               -- the last id that was compared with its owner's
);

-- +goose Down
DROP TABLE thing_walks;
DROP TABLE thing_dates;
DROP TABLE thing_grams;
DROP TABLE things;
