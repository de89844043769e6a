-- What sweep forgets of sessions, by indexes.

-- +goose Up
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX refresh_tokens_until_at ON refresh_tokens (until_at);

-- +goose Down
DROP INDEX refresh_tokens_until_at;
DROP INDEX sessions_revoked_at;
