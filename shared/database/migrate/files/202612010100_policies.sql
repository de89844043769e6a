-- Numbers that the council decides, by domain and name: the newest that has begun is in force.

-- +goose Up
CREATE TABLE policies (
    domain  TEXT NOT NULL,
    name    TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    value   TEXT NOT NULL,   -- JSON
    set_by  TEXT,            -- a member; NULL for one who has left
    set_at  BIGINT NOT NULL, -- equal to from_at where it began when it was set
    PRIMARY KEY (domain, name, from_at)
);
CREATE TABLE policy_domains (
    domain  TEXT PRIMARY KEY,
    version BIGINT NOT NULL  -- of all its rows, for If-Match: the newest from_at does not tell two changes of the present apart while another is to come
);

-- +goose Down
DROP TABLE policy_domains;
DROP TABLE policies;
