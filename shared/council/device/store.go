package device

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Keeper does what is due by itself.
type Keeper struct{ db *database.DB }

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB) Keeper { return Keeper{db} }

// Store keeps devices.
type Store struct {
	Keeper
	keys keys
	out  *outside.Client
}

// NewStore is for who lists, changes or calls devices.
func NewStore(db *database.DB, k secret.Key, out *outside.Client) Store {
	return Store{Keeper: NewKeeper(db), keys: newKeys(k), out: out}
}

// on is what a device is that is told something: nobody ended the session in which it was turned on.
const on = `s.member_id = d.member_id AND s.revoked_at IS NULL`

const columns = `d.id, d.name, d.sealed, d.session_id, d.seen_at, d.created_at`

func (s Store) scan(ctx context.Context) func(database.Row) (Device, error) {
	return func(r database.Row) (Device, error) {
		var d Device
		var sealed, session string
		var seen, created int64
		err := r.Scan(&d.ID, &d.Name, &sealed, &session, &seen, &created)
		if given, opening := s.keys.open(d.ID, sealed); opening == nil {
			d.Mark = Mark(given.Endpoint)
		}
		d.Here, d.SeenAt, d.CreatedAt = session == auth.From(ctx).SessionID, clock.FromMillis(seen), clock.FromMillis(created)
		return d, err
	}
}

// List are the caller's devices, the newest first.
func (s Store) List(ctx context.Context) ([]Device, error) {
	return database.All(ctx, s.db, s.scan(ctx), `SELECT `+columns+` FROM devices d JOIN sessions s ON s.id = d.session_id WHERE d.member_id = $1 AND `+on+` ORDER BY d.created_at DESC, d.id`, auth.From(ctx).MemberID)
}

// Add turns notifications on in the browser of the caller: once, however often it says so. A browser in
// which somebody else had them is the caller's from then on, if it proves by its keys that it is that
// browser. Who has not confirmed their address has none, since whoever names a server has it called. It
// fails with what is wrong with the fields, with address-unconfirmed, too-many-devices and device-of-another,
// and with problem.Absent where what it replaces is not the caller's. It asks name servers: call it
// outside of a unit of work.
func (s Store) Add(ctx context.Context, c Content) (Device, error) {
	if !auth.From(ctx).Confirmed {
		return Device{}, problem.ConfirmFirst("이메일 주소를 확인한 뒤에 켤 수 있습니다.")
	}
	c, given, address, err := c.check()
	if err != nil {
		return Device{}, err
	}
	if err := s.out.Check(ctx, address); err != nil {
		if outside.ReasonOf(err) == "" {
			return Device{}, err //nolint:wrapcheck // it says where it failed
		}
		var f check.Fields
		refused(&f, err)
		return Device{}, f.Err()
	}
	var added Device
	for range Most { // others of the member may be added at the same moment, each of which takes one place
		err = s.db.Atomic(ctx, func(ctx context.Context) error {
			id, err := s.add(ctx, c, given, address)
			if err != nil {
				return err
			}
			added, err = database.One(ctx, s.db, s.scan(ctx), `SELECT `+columns+` FROM devices d WHERE d.id = $1`, id)
			return err
		})
		if !errors.Is(err, errTaken) && !database.IsUnique(err, "devices") {
			break
		}
	}
	if database.IsUnique(err, "devices") {
		err = errTooMany()
	}
	return added, err
}

// errTaken says that somebody else took the browser over, or turned it off, at the same moment.
var errTaken = errors.New("device: taken")

// add is the row that there is then.
func (s Store) add(ctx context.Context, c Content, given subscription, address outside.Address) (string, error) {
	who, now := auth.From(ctx), clock.Millis(clock.Now(ctx))
	name, language := cmp.Or(c.Name, c.Agent), c.Language
	if c.Replaces != "" {
		was, err := s.replaced(ctx, c.Replaces)
		if err != nil {
			return "", err
		}
		name, language = was.name, was.language
	}
	hash, proof := s.keys.hash(address), s.keys.proves(address, given)
	if _, err := s.db.Exec(ctx, `DELETE FROM devices WHERE endpoint_hash = $1 AND keys_hash = $2 AND member_id <> $3`, hash, proof, who.MemberID); err != nil {
		return "", err
	}
	there, err := database.All(ctx, s.db, func(r database.Row) (row, error) {
		var v row
		err := r.Scan(&v.id, &v.member, &v.proof)
		return v, err
	}, `SELECT id, member_id, keys_hash FROM devices WHERE endpoint_hash = $1`, hash)
	if err != nil {
		return "", err
	}
	if len(there) > 0 && there[0].member != who.MemberID {
		if there[0].proof == proof { // who came between the two statements
			return "", errTaken
		}
		return "", errOthers()
	}
	if len(there) > 0 {
		sealed, err := s.keys.seal(there[0].id, given)
		if err != nil {
			return "", err
		}
		n, err := s.db.Exec(ctx, `UPDATE devices SET session_id = $1, keys_hash = $2, sealed = $3, name = $4, language = $5, seen_at = $6 WHERE id = $7 AND member_id = $8`,
			who.SessionID, proof, sealed, name, language, now, there[0].id, who.MemberID)
		if err == nil && n == 0 {
			err = errTaken
		}
		return there[0].id, err
	}
	place, err := s.place(ctx)
	if err != nil {
		return "", err
	}
	id, err := check.NewID()
	if err != nil {
		return "", err //nolint:wrapcheck // it says where it failed
	}
	sealed, err := s.keys.seal(id, given)
	if err != nil {
		return "", err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO devices (id, member_id, session_id, place, endpoint_hash, keys_hash, sealed, name, language, seen_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`, id, who.MemberID, who.SessionID, place, hash, proof, sealed, name, language, now)
	return id, err
}

// row is what a device was.
type row struct{ id, member, proof, name, language string }

// replaced takes away a device of the caller that another is to stand for.
func (s Store) replaced(ctx context.Context, endpoint string) (row, error) {
	address, err := outside.Parse(endpoint)
	if err != nil {
		return row{}, problem.Absent()
	}
	was, err := database.One(ctx, s.db, func(r database.Row) (row, error) {
		var v row
		err := r.Scan(&v.id, &v.name, &v.language)
		return v, err
	}, `SELECT d.id, d.name, d.language FROM devices d JOIN sessions s ON s.id = d.session_id WHERE d.endpoint_hash = $1 AND d.member_id = $2 AND `+on, s.keys.hash(address), auth.From(ctx).MemberID)
	if errors.Is(err, database.ErrNoRow) {
		return row{}, problem.Absent()
	}
	if err == nil {
		_, err = s.db.Exec(ctx, `DELETE FROM devices WHERE id = $1`, was.id)
	}
	return was, err
}

// place is one of the caller's that is free. Those that they signed out of take none.
func (s Store) place(ctx context.Context) (int, error) {
	who := auth.From(ctx).MemberID
	if _, err := s.db.Exec(ctx, `DELETE FROM devices WHERE member_id = $1 AND session_id IN (SELECT id FROM sessions WHERE member_id = $1 AND revoked_at IS NOT NULL)`, who); err != nil {
		return 0, err
	}
	taken, err := database.All(ctx, s.db, database.Value[int], `SELECT place FROM devices WHERE member_id = $1`, who)
	if err != nil {
		return 0, err
	}
	for n := range Most {
		if !slices.Contains(taken, n) {
			return n, nil
		}
	}
	return 0, errTooMany()
}

// Delete turns notifications off in a device of the caller. It fails with problem.Absent.
func (s Store) Delete(ctx context.Context, id string) error {
	if !check.ID(id) {
		return problem.Absent()
	}
	n, err := s.db.Exec(ctx, `DELETE FROM devices WHERE id = $1 AND member_id = $2`, id, auth.From(ctx).MemberID)
	if err == nil && n == 0 {
		err = problem.Absent()
	}
	return err
}

// Of are the devices of members with a confirmed address that are told something, by member.
func (s Store) Of(ctx context.Context, memberIDs ...string) (map[string][]string, error) {
	found := map[string][]string{}
	for some := range slices.Chunk(memberIDs, database.Chunk) {
		var w database.Where
		w.In(`d.member_id`, some...)
		w.Add(on)
		w.Add(`m.email_confirmed_at IS NOT NULL`)
		if _, err := database.All(ctx, s.db, func(r database.Row) (id string, err error) {
			var member string
			err = r.Scan(&id, &member)
			found[member] = append(found[member], id)
			return id, err
		}, `SELECT d.id, d.member_id FROM devices d JOIN sessions s ON s.id = d.session_id JOIN members m ON m.id = d.member_id`+w.String()+` ORDER BY d.id`, w.Args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Target is where a device of a member takes messages now. It fails with problem.Absent where it is not
// theirs or not on any more, and where it cannot be opened, as after SECRET_KEY was changed: such a device is gone.
func (s Store) Target(ctx context.Context, id, memberID string) (Target, error) {
	type stored struct{ sealed, language string }
	v, err := database.One(ctx, s.db, func(r database.Row) (stored, error) {
		var v stored
		err := r.Scan(&v.sealed, &v.language)
		return v, err
	}, `SELECT d.sealed, d.language FROM devices d JOIN sessions s ON s.id = d.session_id WHERE d.id = $1 AND d.member_id = $2 AND `+on, id, memberID)
	if errors.Is(err, database.ErrNoRow) {
		return Target{}, problem.Absent()
	}
	if err != nil {
		return Target{}, err
	}
	given, err := s.keys.open(id, v.sealed)
	if err != nil {
		if gone := s.Gone(ctx, id); gone != nil {
			return Target{}, gone
		}
		return Target{}, problem.Absent().Because(err)
	}
	t, err := given.target()
	t.Language = v.language
	return t, err
}

// Silent notes that a device was called and nobody answered. One that has been silent MostSilent times in a row, for
// SilentFor, is forgotten.
func (s Store) Silent(ctx context.Context, id string) error {
	now := clock.Now(ctx)
	if _, err := s.db.Exec(ctx, `UPDATE devices SET silent = silent + 1, silent_since = COALESCE(silent_since, $1) WHERE id = $2`, clock.Millis(now), id); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, `DELETE FROM devices WHERE id = $1 AND silent >= $2 AND silent_since <= $3`, id, MostSilent, clock.Millis(now.Add(-SilentFor)))
	return err
}

// Answered notes that somebody answered for a device.
func (s Store) Answered(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, `UPDATE devices SET silent = 0, silent_since = NULL WHERE id = $1 AND silent > 0`, id)
	return err
}

// Gone forgets a device whose push service says that there is none any more.
func (s Store) Gone(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM devices WHERE id = $1`, id)
	return err
}
