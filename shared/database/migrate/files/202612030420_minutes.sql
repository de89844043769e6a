-- Blocks that are sealed again and again while somebody writes them: those of saves that took each
-- other's place are taken away, and no number is given twice.

-- +goose Up
ALTER TABLE minute_withheld ADD COLUMN draft SMALLINT NOT NULL DEFAULT 0; -- 1: sealed by a save by itself, and by no other since
ALTER TABLE minutes ADD COLUMN withheld_last BIGINT NOT NULL DEFAULT 0;   -- the last number of a block; 0 as well where older releases alone sealed

-- +goose Down
ALTER TABLE minutes DROP COLUMN withheld_last;
ALTER TABLE minute_withheld DROP COLUMN draft;
