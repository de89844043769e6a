-- Which meeting decided a version of the rules.

-- +goose Up
ALTER TABLE rule_versions ADD COLUMN meeting TEXT NOT NULL DEFAULT ''; -- path of its minutes, or ''

-- +goose Down
ALTER TABLE rule_versions DROP COLUMN meeting;
