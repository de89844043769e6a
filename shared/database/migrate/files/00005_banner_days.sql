-- How often banners were followed, apart from by whom: visitors' hashes are personal data
-- and are deleted after their day, counts stay.

-- +goose Up
CREATE TABLE banner_days (
    banner_id TEXT NOT NULL REFERENCES banners (id) ON DELETE CASCADE,
    day       TEXT NOT NULL,        -- in Seoul, as 2026-03-02
    clicks    BIGINT NOT NULL,
    PRIMARY KEY (banner_id, day)
);
INSERT INTO banner_days (banner_id, day, clicks) SELECT banner_id, day, COUNT(*) FROM banner_clicks GROUP BY banner_id, day;
CREATE INDEX banner_clicks_day ON banner_clicks (day);

-- +goose Down
DROP INDEX banner_clicks_day;
DROP TABLE banner_days;
