-- How many completions of an upload began: each copies what arrived to a key of its own, which
-- is found by its number.

-- +goose Up
ALTER TABLE uploads ADD COLUMN completions INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE uploads DROP COLUMN completions;
