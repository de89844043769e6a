-- Names and titles as they were when something was done.

-- +goose Up
ALTER TABLE audit ADD COLUMN actor_name TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN subject_name TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE audit DROP COLUMN subject_name;
ALTER TABLE audit DROP COLUMN actor_name;
