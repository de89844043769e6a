-- Devices whose servers never answer are forgotten (shared/council/device).

-- +goose Up
ALTER TABLE devices ADD COLUMN silent BIGINT NOT NULL DEFAULT 0; -- calls in a row that nobody answered
ALTER TABLE devices ADD COLUMN silent_since BIGINT;              -- the first of these; NULL for none

-- +goose Down
ALTER TABLE devices DROP COLUMN silent_since;
ALTER TABLE devices DROP COLUMN silent;
