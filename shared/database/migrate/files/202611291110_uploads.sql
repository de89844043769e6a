-- Uploads that nobody completed in time.

-- +goose Up
CREATE INDEX uploads_late ON uploads (expires_at) WHERE completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL;

-- +goose Down
DROP INDEX uploads_late;
