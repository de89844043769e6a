-- Rules (회칙): shared/council/rule. Days are texts as 2026-03-01, in Seoul.

-- +goose Up
CREATE TABLE rulebooks (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL,   -- in addresses, for good
    unit       TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,   -- who decides on it, or ''
    parent     TEXT NOT NULL,   -- slug of the rulebook that it stands under, or ''
    begun      BIGINT NOT NULL, -- how many versions were begun: the number of the last
    changes    BIGINT NOT NULL, -- counts every write to it and its versions, which it locks
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX rulebooks_slug_unique ON rulebooks (slug);

CREATE TABLE rule_versions (
    id             TEXT PRIMARY KEY,
    book_id        TEXT NOT NULL,
    number         BIGINT NOT NULL,
    base           BIGINT NOT NULL, -- number of the version that it changes, or 0
    kind           TEXT NOT NULL,
    amendment      BIGINT NOT NULL, -- 제N차, or 0
    reason         TEXT NOT NULL,
    decided_on     TEXT NOT NULL,   -- or ''
    announced_at   BIGINT,
    effective_on   TEXT NOT NULL,   -- or ''
    source         TEXT NOT NULL,
    moves          TEXT NOT NULL,   -- JSON of []Move
    overrides      TEXT NOT NULL,   -- JSON of []Override
    promulgated_on TEXT NOT NULL,   -- or ''
    sealed         BIGINT,          -- 1, 2, 3 … in the order of promulgation, NULL before it
    sealed_at      BIGINT,
    outline        TEXT NOT NULL,   -- JSON of what is where, from promulgation on; or ''
    version        BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX rule_versions_book_id_number_unique ON rule_versions (book_id, number);
CREATE UNIQUE INDEX rule_versions_book_id_sealed_unique ON rule_versions (book_id, sealed);

-- The articles of promulgated versions.
CREATE TABLE rule_articles (
    version_id TEXT NOT NULL,
    key        TEXT NOT NULL, -- the article through time
    number     TEXT NOT NULL,
    name       TEXT NOT NULL,
    content    TEXT NOT NULL, -- JSON of its text and items
    PRIMARY KEY (version_id, key)
);
CREATE UNIQUE INDEX rule_articles_version_id_number_unique ON rule_articles (version_id, number);

-- What promulgated versions do to articles: from a day on one reads so, or ends.
CREATE TABLE rule_acts (
    id           TEXT PRIMARY KEY,
    book_id      TEXT NOT NULL,
    version_id   TEXT NOT NULL,
    key          TEXT NOT NULL,
    number       TEXT NOT NULL,     -- the article's then, or last
    ends         SMALLINT NOT NULL, -- 1: the article is there no longer
    effective_on TEXT NOT NULL,
    rank         BIGINT NOT NULL    -- 0; of a correction its place in the order of promulgation
);
CREATE UNIQUE INDEX rule_acts_book_id_key_effective_on_rank_unique ON rule_acts (book_id, key, effective_on, rank);
CREATE INDEX rule_acts_version ON rule_acts (version_id);

-- The days on which versions begin, whole or in part.
CREATE TABLE rule_days (
    version_id   TEXT NOT NULL,
    effective_on TEXT NOT NULL,
    told_at      BIGINT, -- when its event was recorded
    PRIMARY KEY (version_id, effective_on)
);
CREATE INDEX rule_days_untold ON rule_days (effective_on) WHERE told_at IS NULL;

-- +goose Down
DROP TABLE rule_days;
DROP TABLE rule_acts;
DROP TABLE rule_articles;
DROP TABLE rule_versions;
DROP TABLE rulebooks;
