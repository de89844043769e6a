-- What is sent to people and channels (알림): shared/council/delivery.

-- +goose Up
CREATE TABLE deliveries (
    id        TEXT PRIMARY KEY, -- the hash of event, channel and recipient: nobody is sent the same twice
    topic     TEXT NOT NULL,
    kind      TEXT NOT NULL,    -- of the thing
    thing_id  TEXT NOT NULL,
    channel   TEXT NOT NULL,    -- mail, discord, slack or webhook
    recipient TEXT NOT NULL,    -- id of the channel; '' for a member's mail
    member_id TEXT REFERENCES members (id),
    digest    BIGINT NOT NULL,  -- 1: with others, in one message a day
    batch     TEXT NOT NULL,    -- what it was first sent with, for ever the same; '' until then
    state     TEXT NOT NULL,    -- waiting, sent, or why it was not
    attempts  BIGINT NOT NULL,  -- that were answered, or are known to have failed
    event_at  BIGINT NOT NULL,
    due_at    BIGINT NOT NULL,  -- when it was to be sent first
    next_at   BIGINT NOT NULL,  -- when it is tried again; while it is being sent, when that is given up
    tried_at  BIGINT,           -- when it was last tried
    status    BIGINT NOT NULL,  -- of the last answer: SMTP's or HTTP's; 0 for none
    answer    TEXT NOT NULL,
    made_at   BIGINT NOT NULL
);
CREATE INDEX deliveries_next ON deliveries (channel, next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_batch ON deliveries (batch) WHERE batch <> '';
CREATE INDEX deliveries_tried ON deliveries (channel, tried_at);
CREATE INDEX deliveries_recipient ON deliveries (recipient, event_at DESC, id DESC) WHERE recipient <> '';
CREATE INDEX deliveries_member ON deliveries (member_id, channel, digest);
CREATE INDEX deliveries_event ON deliveries (event_at);

-- Events that were taken, so that one which comes twice, or late, is known.
CREATE TABLE delivery_events (
    id       TEXT PRIMARY KEY,
    taken_at BIGINT NOT NULL
);
CREATE INDEX delivery_events_taken ON delivery_events (taken_at);

-- Up to which time all events were taken.
CREATE TABLE delivery_marks (
    name TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);

-- Addresses that bounce for good. The address itself is the member's.
CREATE TABLE delivery_pauses (
    member_id TEXT PRIMARY KEY REFERENCES members (id),
    address   TEXT NOT NULL, -- its hash: another address is not paused
    at        BIGINT NOT NULL,
    status    BIGINT NOT NULL,
    answer    TEXT NOT NULL
);

-- +goose Down
DROP TABLE delivery_pauses;
DROP TABLE delivery_marks;
DROP TABLE delivery_events;
DROP TABLE deliveries;
