-- What members want to hear of (알림): shared/council/topic.

-- +goose Up
CREATE TABLE topic_settings (
    member_id TEXT NOT NULL REFERENCES members (id),
    topic     TEXT NOT NULL,
    how       TEXT NOT NULL, -- now, digest or off
    PRIMARY KEY (member_id, topic)
);
CREATE INDEX topic_settings_topic ON topic_settings (topic, member_id);

CREATE TABLE topic_follows (
    member_id TEXT NOT NULL REFERENCES members (id),
    kind      TEXT NOT NULL,
    thing_id  TEXT NOT NULL,
    since     BIGINT NOT NULL,
    PRIMARY KEY (member_id, kind, thing_id)
);
CREATE INDEX topic_follows_thing ON topic_follows (kind, thing_id, member_id);

-- +goose Down
DROP TABLE topic_follows;
DROP TABLE topic_settings;
