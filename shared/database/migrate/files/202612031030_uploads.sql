-- Bytes of the picture that chats show above a link, beside the variants of a public image; 0 where none was made.

-- +goose Up
ALTER TABLE uploads ADD COLUMN share BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE uploads DROP COLUMN share;
