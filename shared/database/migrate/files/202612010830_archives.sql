-- What an archive had before a correction is used by the archive itself, as "<id>/<number of the correction>":
-- who may read a file follows from the archive (upload.Use).

-- +goose Up
UPDATE upload_uses SET kind = 'archive' WHERE kind = 'archive-correction';

-- +goose Down
UPDATE upload_uses SET kind = 'archive-correction' WHERE kind = 'archive' AND thing_id LIKE '%/%';
