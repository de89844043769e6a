-- Notices (공지) and banners. What is shown follows from the times in the rows when they
-- are read; no column says "published".

-- +goose Up
CREATE TABLE notices (
    id           TEXT PRIMARY KEY,
    unit         TEXT NOT NULL,
    title        TEXT NOT NULL,
    folded       TEXT NOT NULL,     -- title as it is searched
    excerpt      TEXT NOT NULL,
    tags         TEXT NOT NULL,     -- JSON, as shown
    publish_at   BIGINT,            -- null for a draft
    unpublish_at BIGINT,
    pinned_until BIGINT,
    urgent_until BIGINT,
    due_at       BIGINT,            -- publish_at until the publication was announced, then null
    deleted_at   BIGINT,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    rendering    INTEGER NOT NULL,  -- which rules made html
    html         TEXT NOT NULL,
    body         TEXT NOT NULL      -- Markdown
);
CREATE INDEX notices_publish_at ON notices (publish_at, id);
CREATE INDEX notices_unpublish_at ON notices (unpublish_at) WHERE unpublish_at IS NOT NULL;
CREATE INDEX notices_pinned_until ON notices (pinned_until) WHERE pinned_until IS NOT NULL;
CREATE INDEX notices_urgent_until ON notices (urgent_until) WHERE urgent_until IS NOT NULL;
CREATE INDEX notices_due_at ON notices (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notices_deleted_at ON notices (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE notice_tags (
    notice_id TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    tag       TEXT NOT NULL,        -- folded
    PRIMARY KEY (notice_id, tag)
);
CREATE INDEX notice_tags_tag ON notice_tags (tag, notice_id);

CREATE TABLE notice_revisions (
    notice_id    TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    version      BIGINT NOT NULL,   -- of the notice, from this edit until the next
    editor       TEXT NOT NULL,     -- member id
    at           BIGINT NOT NULL,
    unit         TEXT NOT NULL,
    title        TEXT NOT NULL,
    tags         TEXT NOT NULL,     -- JSON
    publish_at   BIGINT,
    unpublish_at BIGINT,
    pinned_until BIGINT,
    urgent_until BIGINT,
    body         TEXT NOT NULL,
    PRIMARY KEY (notice_id, version)
);

CREATE TABLE banners (
    id         TEXT PRIMARY KEY,
    unit       TEXT NOT NULL,
    alt        TEXT NOT NULL,
    link       TEXT NOT NULL,       -- https, or a path of the site
    from_at    BIGINT,              -- null: at once
    until_at   BIGINT,              -- null: for good
    place      INTEGER NOT NULL,    -- smallest first; equal ones by id
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX banners_from_at ON banners (from_at) WHERE from_at IS NOT NULL;
CREATE INDEX banners_until_at ON banners (until_at) WHERE until_at IS NOT NULL;

CREATE TABLE banner_clicks (
    banner_id TEXT NOT NULL REFERENCES banners (id) ON DELETE CASCADE,
    day       TEXT NOT NULL,        -- in Seoul, as 2026-03-02
    visitor   TEXT NOT NULL,        -- client address, hashed with the day's salt
    PRIMARY KEY (banner_id, day, visitor)
);

-- +goose Down
DROP TABLE banner_clicks;
DROP TABLE banners;
DROP TABLE notice_revisions;
DROP TABLE notice_tags;
DROP TABLE notices;
