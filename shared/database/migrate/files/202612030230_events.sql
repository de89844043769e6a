-- What happened, by type and time: shared/event.

-- +goose Up
CREATE INDEX outbox_type ON outbox (type, created_at);

-- +goose Down
DROP INDEX outbox_type;
