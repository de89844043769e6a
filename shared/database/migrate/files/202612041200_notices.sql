-- What a version says, as a hash: texts and files. A decision of a review is of that, whichever version says it again. Older versions
-- have none, and are no text that anybody decided on; but of the last decision of each review it is known.

-- +goose Up
ALTER TABLE notice_revisions ADD COLUMN digest TEXT NOT NULL DEFAULT '';
UPDATE notice_revisions SET digest = (SELECT r.decided_digest FROM notice_reviews r WHERE r.notice_id = notice_revisions.notice_id)
WHERE EXISTS (SELECT 1 FROM notice_reviews r WHERE r.notice_id = notice_revisions.notice_id AND r.decided_version = notice_revisions.version);

-- +goose Down
ALTER TABLE notice_revisions DROP COLUMN digest;
