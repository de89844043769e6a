-- What a picture shows, in words. A release that does not know the column leaves it empty.

-- +goose Up
ALTER TABLE uploads ADD COLUMN alt TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE uploads DROP COLUMN alt;
