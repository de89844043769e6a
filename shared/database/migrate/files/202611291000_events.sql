-- When an event that no broker took is tried again. A release that does not know the columns
-- leaves them at 0: never tried, due at once.

-- +goose Up
ALTER TABLE outbox ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;    -- how often a broker refused it
ALTER TABLE outbox ADD COLUMN next_try BIGINT NOT NULL DEFAULT 0;  -- not before
CREATE INDEX outbox_due ON outbox (next_try, created_at) WHERE sent_at IS NULL;

-- +goose Down
DROP INDEX outbox_due;
ALTER TABLE outbox DROP COLUMN next_try;
ALTER TABLE outbox DROP COLUMN tries;
