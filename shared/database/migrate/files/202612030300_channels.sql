-- Channels that the council tells its news to: shared/operation/channel. Addresses and secrets are
-- sealed, each for its row.

-- +goose Up
CREATE TABLE channels (
    id             TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,   -- discord, slack, webhook
    name           TEXT NOT NULL,
    sealed_address TEXT NOT NULL,
    address_hash   TEXT NOT NULL,   -- keyed: no two channels have one address
    sealed_secrets TEXT NOT NULL,   -- of webhooks, or ''
    topics         TEXT NOT NULL,   -- JSON of []string
    paused_at      BIGINT,
    failures       BIGINT NOT NULL, -- in a row
    failed_at      BIGINT,          -- when the first of them was
    sent_at        BIGINT,          -- when one was taken last
    last_status    BIGINT NOT NULL, -- of what was answered last, or 0
    last_answer    TEXT NOT NULL,   -- its first bytes, or why there was none; '' where it was taken
    version        BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX channels_address_hash_unique ON channels (address_hash);

-- +goose Down
DROP TABLE channels;
