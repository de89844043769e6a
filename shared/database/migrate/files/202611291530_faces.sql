-- What makes the site the council's own, each version as it was saved; the newest counts.

-- +goose Up
CREATE TABLE faces (
    version  BIGINT PRIMARY KEY, -- 2, 3, 4 …; 1 is the default, which has no row
    saved_at BIGINT NOT NULL,
    value    TEXT NOT NULL       -- JSON of face.Face
);

-- +goose Down
DROP TABLE faces;
