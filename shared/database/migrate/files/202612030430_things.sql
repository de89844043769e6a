-- The index of pairs of characters that 202612010200 replaced.

-- +goose Up
-- contract: since thing_letters took its place nobody reads or writes it
DROP TABLE thing_grams;

-- +goose Down
CREATE TABLE thing_grams (
    gram   TEXT NOT NULL,
    number BIGINT NOT NULL,
    weight SMALLINT NOT NULL,
    PRIMARY KEY (gram, number)
);
CREATE INDEX thing_grams_number ON thing_grams (number);
