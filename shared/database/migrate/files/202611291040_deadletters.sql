-- Letters of one type, the newest first.

-- +goose Up
CREATE INDEX dead_letters_type ON dead_letters (type, last_at, id);

-- +goose Down
DROP INDEX dead_letters_type;
