-- What those who are not verified upload is counted by day.

-- +goose Up
CREATE INDEX uploads_proofs ON uploads (created_at) WHERE purpose = 'proof';

-- +goose Down
DROP INDEX uploads_proofs;
