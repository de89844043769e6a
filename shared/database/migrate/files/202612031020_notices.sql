-- Texts that notices begin with, each version as it was saved; the newest counts.

-- +goose Up
CREATE TABLE notice_templates (
    version  BIGINT PRIMARY KEY, -- 2, 3, 4 …; 1 is what a council begins with and has no row
    saved_at BIGINT NOT NULL,
    value    TEXT NOT NULL       -- JSON of a list of notice.Template
);

-- +goose Down
DROP TABLE notice_templates;
