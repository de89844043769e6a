-- Members are found by any part of their names: each name from each of its characters on, without spaces and capitals, so
-- that a part is a range of an index. What the names were when that was written is kept beside them: sweep writes it anew
-- where they differ, as after a change by a release that does not know the table. Until it has been at a name that is there
-- now, the name is found as the database itself can write it small.

-- +goose Up
CREATE TABLE member_names (
    part      TEXT COLLATE "C" NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    PRIMARY KEY (part, member_id)
);
CREATE INDEX member_names_member_id ON member_names (member_id, part);
ALTER TABLE members ADD COLUMN named TEXT NOT NULL DEFAULT '';
CREATE INDEX members_named ON members (id) WHERE named <> name;

INSERT INTO member_names (part, member_id)
WITH RECURSIVE starts (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM starts WHERE at < 100)
SELECT DISTINCT substr(lower(replace(name, ' ', '')), at), id FROM members, starts WHERE at <= length(replace(name, ' ', '')) AND anonymised_at IS NULL;

-- +goose Down
DROP INDEX members_named;
ALTER TABLE members DROP COLUMN named;
DROP TABLE member_names;
