package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Store keeps channels. Who changes one must be an admin of the whole council (auth.Operate).
type Store struct {
	db     *database.DB
	keys   keys
	out    *outside.Client
	topics []Topic
}

// NewStore is for who lists, changes or calls channels. Topics are those that they can be told of.
func NewStore(db *database.DB, k secret.Key, out *outside.Client, topics []Topic) Store {
	return Store{db: db, keys: newKeys(k), out: out, topics: topics}
}

// row is a channel as it is stored, with what is secret about it.
type row struct {
	Channel
	hash    string
	address outside.Address
	secrets []signing
}

const columns = `id, kind, name, sealed_address, address_hash, sealed_secrets, topics, paused_at, failures, failed_at, sent_at, last_status, last_answer, version, created_at, updated_at`

func (s Store) scan(ctx context.Context) func(database.Row) (row, error) {
	return func(r database.Row) (row, error) {
		var c row
		var address, secrets, topics string
		var paused, failed, sent *int64
		var created, updated int64
		err := r.Scan(&c.ID, &c.Kind, &c.Name, &address, &c.hash, &secrets, &topics, &paused, &c.Failures, &failed, &sent, &c.Status, &c.Answer, &c.Version, &created, &updated)
		if err != nil {
			return row{}, err
		}
		if err := s.unseal(&c, address, secrets); err != nil { // one that is lost keeps nobody from the others
			c.Status, c.Answer, c.address, c.secrets = 0, Lost, outside.Address{}, nil
		} else {
			c.Origin = c.address.Origin()
		}
		if err := json.Unmarshal([]byte(topics), &c.Topics); err != nil {
			return row{}, fmt.Errorf("topics of channel %s: %w", c.ID, err)
		}
		c.Changing = changing(ctx, c.secrets)
		c.PausedAt, c.FailedAt, c.SentAt = clock.FromMillisOf(paused), clock.FromMillisOf(failed), clock.FromMillisOf(sent)
		c.CreatedAt, c.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
		return c, nil
	}
}

// unseal opens what is secret about a channel.
func (s Store) unseal(c *row, address, secrets string) error {
	plain, err := s.keys.open(c.ID, "address", address)
	if err != nil {
		return err
	}
	if c.address, err = outside.Parse(plain); err != nil {
		return err
	}
	c.secrets, err = s.keys.openSecrets(c.ID, secrets)
	return err
}

// Topics are those that channels can be told of.
func (s Store) Topics() []Topic { return s.topics }

// List are all channels, by name.
func (s Store) List(ctx context.Context) ([]Channel, error) {
	rows, err := database.All(ctx, s.db, s.scan(ctx), `SELECT `+columns+` FROM channels ORDER BY name, id`)
	list := make([]Channel, len(rows))
	for i, r := range rows {
		list[i] = r.Channel
	}
	return list, err
}

// For are the channels that are told of a topic: those that want it, and are neither paused nor lost.
func (s Store) For(ctx context.Context, topic string) ([]Channel, error) {
	all, err := s.List(ctx)
	list := []Channel{}
	for _, c := range all {
		if !c.Paused() && !c.Lost() && c.Wants(topic) {
			list = append(list, c)
		}
	}
	return list, err
}

// Read is a channel. It fails with problem.Absent.
func (s Store) Read(ctx context.Context, id string) (Channel, error) {
	r, err := s.row(ctx, id)
	return r.Channel, err
}

func (s Store) row(ctx context.Context, id string) (row, error) {
	if !check.ID(id) {
		return row{}, problem.Absent()
	}
	r, err := database.One(ctx, s.db, s.scan(ctx), `SELECT `+columns+` FROM channels WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return row{}, problem.Absent()
	}
	return r, err
}

func operates(ctx context.Context) error {
	if !auth.From(ctx).May(auth.Operate, "") {
		return problem.NotAllowed()
	}
	return nil
}

// judge asks whether the address of a webhook may be called. Those of Discord and Slack are names
// that nobody typed: whether they are there does not keep a channel from being saved.
func (s Store) judge(ctx context.Context, to *Target) error {
	if to == nil || to.Kind != Webhook {
		return nil
	}
	var f check.Fields
	if err := s.out.Check(ctx, to.Address); err != nil {
		if outside.ReasonOf(err) == "" {
			return err
		}
		refused(&f, err)
	}
	return f.Err()
}

// Add keeps a new channel. The secret is that of a webhook, given this once, or "". It fails with
// what Content.Check refuses, with too-many-channels and with channel-exists. It asks name servers:
// call it outside of a unit of work.
func (s Store) Add(ctx context.Context, c Content) (added Channel, made string, err error) {
	if err := operates(ctx); err != nil {
		return Channel{}, "", err
	}
	c, to, err := c.Check(s.topics, nil)
	if err == nil {
		err = s.judge(ctx, to)
	}
	if err != nil {
		return Channel{}, "", err
	}
	id, err := check.NewID()
	if err != nil {
		return Channel{}, "", err
	}
	list := []signing{}
	if to.Kind == Webhook {
		made = newSecret()
		list = rotated(nil, made, clock.Now(ctx))
	}
	secrets, err := s.keys.sealSecrets(id, list)
	if err != nil {
		return Channel{}, "", err
	}
	topics, err := json.Marshal(c.Topics)
	if err != nil {
		return Channel{}, "", fmt.Errorf("topics of channel %s: %w", id, err)
	}
	var n int64
	err = s.db.Atomic(ctx, func(ctx context.Context) error {
		if err := s.db.Alone(ctx, "channels"); err != nil {
			return err
		}
		n, err = s.db.Exec(ctx, `INSERT INTO channels (id, kind, name, sealed_address, address_hash, sealed_secrets, topics, failures, last_status, last_answer, version, created_at, updated_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, 0, 0, '', 1, CAST($8 AS BIGINT), CAST($8 AS BIGINT) FROM (SELECT COUNT(*) AS many FROM channels) AS kept WHERE many < $9`,
			id, to.Kind, c.Name, s.keys.seal(id, "address", to.Address.String()), s.keys.hash(to.Address), secrets, string(topics), clock.Millis(clock.Now(ctx)), Most)
		return err
	})
	switch {
	case database.IsUnique(err, "channels", "address_hash"):
		return Channel{}, "", errExists()
	case err == nil && n == 0:
		return Channel{}, "", problem.New(problem.Conflict, "too-many-channels", "채널은 20개까지입니다. 쓰지 않는 것을 지우세요.", "There can be 20 channels. Delete one that is not used.")
	case err != nil:
		return Channel{}, "", err
	}
	added, err = s.Read(ctx, id)
	return added, made, err
}

func errExists() error {
	return problem.New(problem.Conflict, "channel-exists", "이 주소는 이미 등록되어 있습니다.", "There is a channel with this address already.")
}

// Edit makes c what a channel is after a version. Another address begins anew: it is told at once,
// and nothing has failed. It fails as Add does, and with problem.Stale. It asks name servers: call
// it outside of a unit of work.
func (s Store) Edit(ctx context.Context, id string, version int64, c Content) (Channel, error) {
	if err := operates(ctx); err != nil {
		return Channel{}, err
	}
	was, err := s.row(ctx, id)
	if err != nil {
		return Channel{}, err
	}
	if was.Version != version {
		return Channel{}, problem.Stale()
	}
	if was.Lost() {
		return Channel{}, errLost()
	}
	c, to, err := c.Check(s.topics, &was.Channel)
	if err == nil {
		err = s.judge(ctx, to)
	}
	if err != nil {
		return Channel{}, err
	}
	topics, err := json.Marshal(c.Topics)
	if err != nil {
		return Channel{}, fmt.Errorf("topics of channel %s: %w", id, err)
	}
	var n int64
	if now := clock.Millis(clock.Now(ctx)); to == nil || s.keys.hash(to.Address) == was.hash {
		n, err = s.db.Exec(ctx, `UPDATE channels SET name = $1, topics = $2, version = version + 1, updated_at = $3 WHERE id = $4 AND version = $5`, c.Name, string(topics), now, id, version)
	} else {
		n, err = s.db.Exec(ctx, `UPDATE channels SET name = $1, topics = $2, sealed_address = $3, address_hash = $4, paused_at = NULL, failures = 0, failed_at = NULL, last_status = 0, last_answer = '',
			version = version + 1, updated_at = $5 WHERE id = $6 AND version = $7`,
			c.Name, string(topics), s.keys.seal(id, "address", to.Address.String()), s.keys.hash(to.Address), now, id, version)
	}
	switch {
	case database.IsUnique(err, "channels", "address_hash"):
		return Channel{}, errExists()
	case err == nil && n == 0:
		return Channel{}, problem.Stale()
	case err != nil:
		return Channel{}, err
	}
	return s.Read(ctx, id)
}

// Delete removes a channel and is what it was.
func (s Store) Delete(ctx context.Context, id string, version int64) (Channel, error) {
	if err := operates(ctx); err != nil {
		return Channel{}, err
	}
	was, err := s.Read(ctx, id)
	if err != nil {
		return Channel{}, err
	}
	n, err := s.db.Exec(ctx, `DELETE FROM channels WHERE id = $1 AND version = $2`, id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	return was, err
}

// Pause keeps a channel from being told anything.
func (s Store) Pause(ctx context.Context, id string) (Channel, error) {
	return s.turn(ctx, id, `UPDATE channels SET paused_at = $1, version = version + 1, updated_at = $1 WHERE id = $2 AND paused_at IS NULL`)
}

// Resume tells a paused channel again, as if nothing had failed.
func (s Store) Resume(ctx context.Context, id string) (Channel, error) {
	return s.turn(ctx, id, `UPDATE channels SET paused_at = NULL, failures = 0, failed_at = NULL, version = version + 1, updated_at = $1 WHERE id = $2 AND paused_at IS NOT NULL`)
}

func (s Store) turn(ctx context.Context, id, query string) (Channel, error) {
	if err := operates(ctx); err != nil {
		return Channel{}, err
	}
	if _, err := s.Read(ctx, id); err != nil {
		return Channel{}, err
	}
	if _, err := s.db.Exec(ctx, query, clock.Millis(clock.Now(ctx)), id); err != nil { // one that is so already stays
		return Channel{}, err
	}
	return s.Read(ctx, id)
}

// Rotate makes another secret for a webhook, given this once; the one before signs beside it for
// Overlap. It fails with channel-has-no-secret, and with problem.Stale where another was made at
// the same time.
func (s Store) Rotate(ctx context.Context, id string) (c Channel, made string, err error) {
	if err := operates(ctx); err != nil {
		return Channel{}, "", err
	}
	was, err := s.row(ctx, id)
	if err != nil {
		return Channel{}, "", err
	}
	if was.Kind != Webhook {
		return Channel{}, "", problem.New(problem.Conflict, "channel-has-no-secret", "서명하는 비밀은 웹훅에만 있습니다.", "Only webhooks have a secret.")
	}
	if was.Lost() {
		return Channel{}, "", errLost()
	}
	now := clock.Now(ctx)
	made = newSecret()
	sealed, err := s.keys.sealSecrets(id, rotated(was.secrets, made, now))
	if err != nil {
		return Channel{}, "", err
	}
	n, err := s.db.Exec(ctx, `UPDATE channels SET sealed_secrets = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND version = $4`, sealed, clock.Millis(now), id, was.Version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Channel{}, "", err
	}
	c, err = s.Read(ctx, id)
	return c, made, err
}

// taken keeps that a message was taken by an address.
func (s Store) taken(ctx context.Context, c row, o Outcome) error {
	now := clock.Millis(clock.Now(ctx))
	_, err := s.db.Exec(ctx, `UPDATE channels SET failures = 0, failed_at = NULL, sent_at = $1, last_status = $2, last_answer = '' WHERE id = $3 AND address_hash = $4`, now, o.Status, c.ID, c.hash)
	return err
}

// missed keeps that a message was not taken, and says whether the channel was paused for it: after
// Tries failures since Outage, or at once where the address says that it is gone for good.
func (s Store) missed(ctx context.Context, c row, o Outcome, counts bool) (paused bool, err error) {
	now := clock.Now(ctx)
	ms := clock.Millis(now)
	if _, err := s.db.Exec(ctx, `UPDATE channels SET last_status = $1, last_answer = $2 WHERE id = $3 AND address_hash = $4`, o.Status, o.Answer, c.ID, c.hash); err != nil || !counts {
		return false, err
	}
	if _, err := s.db.Exec(ctx, `UPDATE channels SET failures = failures + 1, failed_at = COALESCE(failed_at, $1) WHERE id = $2 AND address_hash = $3`, ms, c.ID, c.hash); err != nil {
		return false, err
	}
	w := database.Where{Args: []any{ms}}
	w.Add(`id = ?`, c.ID)
	w.Add(`address_hash = ?`, c.hash)
	w.Add(`paused_at IS NULL`)
	if !o.gone(c.Kind) {
		w.Add(`failures >= ? AND failed_at <= ?`, Tries, clock.Millis(now.Add(-Outage)))
	}
	n, err := s.db.Exec(ctx, `UPDATE channels SET paused_at = $1, version = version + 1, updated_at = $1`+w.String(), w.Args...)
	return n > 0, err
}
