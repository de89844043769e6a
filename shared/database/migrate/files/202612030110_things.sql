-- When a date of a thing last became what it is: programs that read calendars ask for it.

-- +goose Up
ALTER TABLE thing_dates ADD COLUMN changed_at BIGINT; -- NULL: as long as the thing is there

-- +goose Down
ALTER TABLE thing_dates DROP COLUMN changed_at;
