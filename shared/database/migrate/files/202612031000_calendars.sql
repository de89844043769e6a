-- What an editor deleted and a file may bring again: shared/council/calendar.

-- +goose Up
CREATE TABLE calendar_unwanted (
    uid_hash TEXT PRIMARY KEY, -- SHA-256 of its UID in hex
    unit     TEXT NOT NULL     -- whose it was
);

-- +goose Down
DROP TABLE calendar_unwanted;
