-- When each chore of sweep last had its turn, so that the longest unserved is first.

-- +goose Up
CREATE TABLE chores (
    name      TEXT PRIMARY KEY,
    served_at BIGINT NOT NULL     -- the time of the run
);

-- +goose Down
DROP TABLE chores;
