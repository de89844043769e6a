-- The log's lists follow an index each, to the last page.

-- +goose Up
CREATE INDEX audit_at_id ON audit (at, id);
CREATE INDEX audit_actor_at_id ON audit (actor, at, id);
CREATE INDEX audit_subject_at_id ON audit (subject, at, id);
CREATE INDEX audit_action_at_id ON audit (action, at, id);
DROP INDEX audit_at;
DROP INDEX audit_actor;
DROP INDEX audit_subject;

-- +goose Down
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_subject ON audit (subject, at);
DROP INDEX audit_action_at_id;
DROP INDEX audit_subject_at_id;
DROP INDEX audit_actor_at_id;
DROP INDEX audit_at_id;
