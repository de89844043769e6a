-- What members were told, as a list on the site (알림): shared/council/inbox.

-- +goose Up
CREATE TABLE inbox_entries (
    id        TEXT PRIMARY KEY, -- the hash of event and member
    member_id TEXT NOT NULL REFERENCES members (id),
    topic     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    thing_id  TEXT NOT NULL,
    at        BIGINT NOT NULL, -- when it happened
    read_at   BIGINT
);
CREATE INDEX inbox_entries_member ON inbox_entries (member_id, at DESC, id DESC);
CREATE INDEX inbox_entries_unread ON inbox_entries (member_id, at DESC) WHERE read_at IS NULL;
CREATE INDEX inbox_entries_at ON inbox_entries (at);

-- +goose Down
DROP TABLE inbox_entries;
