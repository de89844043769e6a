-- Members whose name begins so, by bytes whatever the database's language is (SQLite is given
-- the same collation, in shared/database/sqlite); codes that work no longer.

-- +goose Up
CREATE INDEX members_name ON members (name COLLATE "C", id);
CREATE INDEX mail_codes_until_at ON mail_codes (until_at);

-- +goose Down
DROP INDEX mail_codes_until_at;
DROP INDEX members_name;
