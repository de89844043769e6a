-- What running the functions took, for the bill: written by who watches them.

-- +goose Up
CREATE TABLE usage_days (
    day        TEXT NOT NULL,       -- in Seoul, as 2026-03-02
    function   TEXT NOT NULL,
    watched_ms BIGINT NOT NULL,     -- how long somebody looked; what is missing from a day is not known
    awake_ms   BIGINT NOT NULL,     -- while there was at least one pod
    pod_ms     BIGINT NOT NULL,     -- of all pods
    cost       BIGINT NOT NULL,     -- of these, in millionths of a won
    starts     BIGINT NOT NULL,     -- pods that began
    wakes      BIGINT NOT NULL,     -- of these, while there was none
    readied    BIGINT NOT NULL,     -- pods that became ready
    ready_ms   BIGINT NOT NULL,     -- how long these took
    warm_saves BIGINT NOT NULL,     -- wakes that keeping the last pod for 5 minutes had spared
    warm_ms    BIGINT NOT NULL,     -- and how much longer pods had been there
    PRIMARY KEY (day, function)
);
CREATE TABLE operation_facts (
    name  TEXT PRIMARY KEY,         -- health, price, backup, warm-up
    at    BIGINT NOT NULL,
    value TEXT NOT NULL             -- JSON; '' where the time says all
);

-- +goose Down
DROP TABLE operation_facts;
DROP TABLE usage_days;
