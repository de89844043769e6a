-- Tags are compared without their spaces, too: those of before are found so as well.

-- +goose Up
INSERT INTO notice_tags (notice_id, tag) SELECT DISTINCT notice_id, REPLACE(tag, ' ', '') FROM notice_tags WHERE tag LIKE '% %' ON CONFLICT DO NOTHING;

-- +goose Down
SELECT 1;
