-- When what a thing says was last changed for readers who could have read it: what feeds and the
-- sitemap say was updated. The index writes it itself.

-- +goose Up
ALTER TABLE things ADD COLUMN edited_at BIGINT; -- null: never since readers could read it

-- +goose Down
ALTER TABLE things DROP COLUMN edited_at;
