-- Until when a thing is urgent: it stands above every page until then, in English too where it has
-- an English title. Notices that are already there say it at once; later ones by their store.

-- +goose Up
ALTER TABLE things ADD COLUMN title_en TEXT NOT NULL DEFAULT ''; -- as title in English, where it has one
ALTER TABLE things ADD COLUMN urgent_until BIGINT; -- null: never was
UPDATE things SET urgent_until = (SELECT n.urgent_until FROM notices n WHERE n.id = things.id) WHERE kind = 'notice';
CREATE INDEX things_urgent_until ON things (urgent_until) WHERE urgent_until IS NOT NULL;

-- +goose Down
DROP INDEX things_urgent_until;
ALTER TABLE things DROP COLUMN title_en;
ALTER TABLE things DROP COLUMN urgent_until;
