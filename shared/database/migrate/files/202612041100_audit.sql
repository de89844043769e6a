-- Whom a line of the log is about where its subject does not say it: who was shown in a list, whose file was read. It is kept
-- as long as the line. Lists of before say it in their detail, {"members":["id","id"]}, each id of 36 characters.

-- +goose Up
CREATE TABLE audit_members (
    audit_id  TEXT NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES members (id),
    at        BIGINT NOT NULL, -- ms, as of the line: they are listed by it
    PRIMARY KEY (audit_id, member_id)
);
CREATE INDEX audit_members_member_id_at ON audit_members (member_id, at, audit_id);

INSERT INTO audit_members (audit_id, member_id, at)
WITH RECURSIVE places (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM places WHERE n < 999)
SELECT DISTINCT a.id, m.id, a.at FROM audit a JOIN places p ON p.n < (length(a.detail) - 13) / 39 JOIN members m ON m.id = substr(a.detail, 14 + 39 * p.n, 36)
WHERE a.detail LIKE '{"members":["%';

-- +goose Down
DROP TABLE audit_members;
