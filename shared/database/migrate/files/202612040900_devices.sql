-- Browsers in which members get notifications (기기 알림): shared/council/device. What a push service gave is sealed, each for its row.

-- +goose Up
CREATE TABLE devices (
    id            TEXT PRIMARY KEY,
    member_id     TEXT NOT NULL REFERENCES members (id),
    session_id    TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, -- where it was turned on: who signs out there is told nothing there
    place         BIGINT NOT NULL CHECK (place BETWEEN 0 AND 19),           -- among the member's: they have 20
    endpoint_hash TEXT NOT NULL,                                            -- keyed: a browser is one row
    keys_hash     TEXT NOT NULL,                                            -- keyed: by it a browser proves to be the one that it says
    sealed        TEXT NOT NULL,                                            -- JSON: address and keys
    name          TEXT NOT NULL,                                            -- what the member sees in the list of devices
    language      TEXT NOT NULL,                                            -- of the page where it was turned on: ko or en
    seen_at       BIGINT NOT NULL,                                          -- when the browser said last that it wants this
    created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX devices_endpoint_hash_unique ON devices (endpoint_hash);
CREATE UNIQUE INDEX devices_member_id_place_unique ON devices (member_id, place);
CREATE INDEX devices_session ON devices (session_id);

-- +goose Down
DROP TABLE devices;
