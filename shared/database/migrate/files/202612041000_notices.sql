-- Reviews of notices by colleagues: how the one of a notice stands, and what was said in it. Both go with the notice.

-- +goose Up
CREATE TABLE notice_reviews (
    notice_id       TEXT PRIMARY KEY REFERENCES notices (id) ON DELETE CASCADE,
    state           TEXT NOT NULL,   -- asked, changes, approved or withdrawn
    asked_by        TEXT NOT NULL,   -- member id
    asked_at        BIGINT NOT NULL,
    for_member_id   TEXT,            -- whom it was asked of; NULL: whoever writes for the unit
    decided_by      TEXT,            -- member id; NULL before
    decided_at      BIGINT,
    decided_version BIGINT,          -- the notice's, that was decided on
    decided_digest  TEXT NOT NULL,   -- of what was decided on; '' before
    text_digest     TEXT NOT NULL,   -- of what the notice says, for lists
    version         BIGINT NOT NULL  -- counts what was said
);
CREATE INDEX notice_reviews_state ON notice_reviews (state, asked_at);
CREATE INDEX notice_reviews_asked ON notice_reviews (asked_by, asked_at);
CREATE INDEX notice_reviews_for ON notice_reviews (for_member_id) WHERE for_member_id IS NOT NULL;

CREATE TABLE notice_review_entries (
    notice_id TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    number    BIGINT NOT NULL, -- from 1, in their order
    author    TEXT NOT NULL,   -- member id
    kind      TEXT NOT NULL,   -- asked, comment, changes, approved or withdrawn
    at        BIGINT NOT NULL,
    version   BIGINT NOT NULL, -- the notice's, that was seen
    text      TEXT NOT NULL,   -- plain; '' for none
    PRIMARY KEY (notice_id, number)
);
CREATE INDEX notice_review_entries_author ON notice_review_entries (author);

-- +goose Down
DROP TABLE notice_review_entries;
DROP TABLE notice_reviews;
