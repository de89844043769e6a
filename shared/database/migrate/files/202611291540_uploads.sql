-- Whether a picture that moves is shown moving. A release that does not know the column makes stills.

-- +goose Up
ALTER TABLE uploads ADD COLUMN film TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE uploads DROP COLUMN film;
