-- What of a banner's picture is never cut off, as per cent of its width and height from the left and
-- the top. The middle is what a release that does not know the columns shows.

-- +goose Up
ALTER TABLE banners ADD COLUMN focus_x INTEGER NOT NULL DEFAULT 50;
ALTER TABLE banners ADD COLUMN focus_y INTEGER NOT NULL DEFAULT 50;

-- +goose Down
ALTER TABLE banners DROP COLUMN focus_y;
ALTER TABLE banners DROP COLUMN focus_x;
