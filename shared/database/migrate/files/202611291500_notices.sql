-- The English of notices, and where imported ones come from.

-- +goose Up
ALTER TABLE notices ADD COLUMN title_en TEXT NOT NULL DEFAULT '';    -- empty: only in Korean
ALTER TABLE notices ADD COLUMN excerpt_en TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN html_en TEXT NOT NULL DEFAULT '';     -- of the same rules as html
ALTER TABLE notices ADD COLUMN body_en TEXT NOT NULL DEFAULT '';     -- Markdown
ALTER TABLE notices ADD COLUMN source TEXT;                          -- of an imported one: what it is known by there
ALTER TABLE notices ADD COLUMN imported_at BIGINT;
CREATE UNIQUE INDEX notices_source ON notices (source) WHERE source IS NOT NULL;
ALTER TABLE notice_revisions ADD COLUMN title_en TEXT NOT NULL DEFAULT '';
ALTER TABLE notice_revisions ADD COLUMN body_en TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE notice_revisions DROP COLUMN body_en;
ALTER TABLE notice_revisions DROP COLUMN title_en;
DROP INDEX notices_source;
ALTER TABLE notices DROP COLUMN imported_at;
ALTER TABLE notices DROP COLUMN source;
ALTER TABLE notices DROP COLUMN body_en;
ALTER TABLE notices DROP COLUMN html_en;
ALTER TABLE notices DROP COLUMN excerpt_en;
ALTER TABLE notices DROP COLUMN title_en;
