-- +goose Up
ALTER TABLE usage_days ADD COLUMN form_wakes BIGINT NOT NULL DEFAULT 0; -- of starts, those for somebody who had opened a form

-- +goose Down
ALTER TABLE usage_days DROP COLUMN form_wakes;
