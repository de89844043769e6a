-- What a session has proved, which addresses are their owner's, and which mailbox proved a
-- student.

-- +goose Up
ALTER TABLE sessions ADD COLUMN proved_at BIGINT;            -- when the member last proved who they are
ALTER TABLE members ADD COLUMN email_confirmed_at BIGINT;    -- when the address was proved to be the member's
ALTER TABLE members ADD COLUMN student_mail TEXT;            -- keyed hash of the school address that proved it: one account each
CREATE UNIQUE INDEX members_student_mail_unique ON members (student_mail);

CREATE TABLE address_codes (
    member_id TEXT PRIMARY KEY REFERENCES members (id),
    email     TEXT NOT NULL,       -- the member's own, or the one to change to
    code_hash TEXT NOT NULL,
    tries     BIGINT NOT NULL,
    until_at  BIGINT NOT NULL
);
CREATE INDEX address_codes_until_at ON address_codes (until_at);

-- Students proved a mailbox of theirs, and who has a role was chosen by people.
UPDATE members SET email_confirmed_at = created_at WHERE verified_at IS NOT NULL OR id IN (SELECT member_id FROM member_roles);
UPDATE members SET student_mail = student_key WHERE verified_by = 'mail';

-- +goose Down
DROP TABLE address_codes;
DROP INDEX members_student_mail_unique;
ALTER TABLE members DROP COLUMN student_mail;
ALTER TABLE members DROP COLUMN email_confirmed_at;
ALTER TABLE sessions DROP COLUMN proved_at;
