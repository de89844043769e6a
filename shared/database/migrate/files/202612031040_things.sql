-- When what everybody could read was taken down: its page says so for a month.

-- +goose Up
CREATE TABLE thing_gone (
  number BIGINT PRIMARY KEY,
  gone_at BIGINT NOT NULL
);
CREATE INDEX thing_gone_at ON thing_gone (gone_at);

-- +goose Down
DROP TABLE thing_gone;
