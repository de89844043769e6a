package topic

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// MostFollows is how many things a member follows at most: some for each week of a year.
const MostFollows = 200

// Store keeps what members want to hear.
type Store struct {
	DB  *database.DB
	Key secret.Key // of the links that end a topic; for Token and Unsubscribe alone
}

// Settings are how the caller, a member, hears of everything that can be set, in the order of the settings; who does not write
// for the council hears nothing of its work.
func (s Store) Settings(ctx context.Context, memberID string) ([]Setting, error) {
	chosen, err := s.chosen(ctx, memberID)
	list := []Setting{}
	for _, name := range names() {
		if t, known := Of(name); known && t.Desk != "" && !auth.From(ctx).MaySomewhere(auth.Write) {
			continue
		}
		how, is := chosen[name]
		if !is {
			how = usual(name)
		}
		list = append(list, Setting{Topic: name, How: how})
	}
	return list, err
}

// chosen is what a member has set.
func (s Store) chosen(ctx context.Context, memberID string) (map[string]How, error) {
	chosen := map[string]How{}
	_, err := database.All(ctx, s.DB, func(r database.Row) (name string, err error) {
		var how How
		err = r.Scan(&name, &how)
		chosen[name] = how
		return name, err
	}, `SELECT topic, how FROM topic_settings WHERE member_id = $1`, memberID)
	return chosen, err
}

// Set makes some settings what a member wants; the others stay. It fails with problem.Invalid for
// a topic or a way that there is not, naming the field settings[n].
func (s Store) Set(ctx context.Context, memberID string, settings ...Setting) error {
	var f check.Fields
	for i, set := range settings {
		f.Named(fmt.Sprintf("settings[%d].topic", i), set.Topic, names()...)
		f.OneOf(fmt.Sprintf("settings[%d].how", i), string(set.How), string(Now), string(Daily), string(Off))
	}
	if err := f.Err(); err != nil {
		return err
	}
	for _, set := range settings {
		if _, err := s.DB.Exec(ctx, `INSERT INTO topic_settings (member_id, topic, how) VALUES ($1, $2, $3) ON CONFLICT (member_id, topic) DO UPDATE SET how = excluded.how`,
			memberID, set.Topic, string(set.How)); err != nil {
			return err
		}
	}
	return nil
}

// Subscriber is a member who is to hear of something, and how.
type Subscriber struct {
	MemberID string
	How      How // Now or Daily
}

// Subscribers are all who are to hear of something that happened to a thing: who chose its topic, and
// who follows the thing. Who did both hears of it once, by the sooner way.
func (s Store) Subscribers(ctx context.Context, t Topic, ref thing.Ref) ([]Subscriber, error) {
	found := map[string]Subscriber{}
	add := func(r database.Row) (Subscriber, error) {
		var w Subscriber
		err := r.Scan(&w.MemberID, &w.How)
		if was, twice := found[w.MemberID]; twice && sooner(was.How, w.How) == was.How {
			return w, err
		}
		found[w.MemberID] = w
		return w, err
	}
	if _, err := database.All(ctx, s.DB, add, `SELECT member_id, how FROM topic_settings WHERE topic = $1 AND how <> $2`, t.Name, string(Off)); err != nil {
		return nil, err
	}
	if _, err := database.All(ctx, s.DB, add, `SELECT f.member_id, COALESCE(t.how, $3) FROM topic_follows f LEFT JOIN topic_settings t ON t.member_id = f.member_id AND t.topic = $4
		WHERE f.kind = $1 AND f.thing_id = $2 AND COALESCE(t.how, $3) <> $5`, ref.Kind, ref.ID, string(usual(Followed)), Followed, string(Off)); err != nil {
		return nil, err
	}
	list := []Subscriber{}
	for _, w := range found {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b Subscriber) int { return strings.Compare(a.MemberID, b.MemberID) })
	return list, nil
}

// Told are those of some members who are to hear of a topic that names them. Who has left has set nothing: ask who is still there
// (member.Store.Staying).
func (s Store) Told(ctx context.Context, t Topic, memberIDs []string) ([]Subscriber, error) {
	list := []Subscriber{}
	for _, id := range memberIDs {
		chosen, err := s.chosen(ctx, id)
		if err != nil {
			return nil, err
		}
		how, is := chosen[t.Name]
		if !is {
			how = usual(t.Name)
		}
		if how != Off {
			list = append(list, Subscriber{MemberID: id, How: how})
		}
	}
	return list, nil
}

// Why is by what setting a member still wants to hear of something that happened to a thing: that of its topic, or of
// Followed; one that is Off where they no longer do.
func (s Store) Why(ctx context.Context, memberID string, t Topic, ref thing.Ref) (Setting, error) {
	chosen, err := s.chosen(ctx, memberID)
	if err != nil {
		return Setting{}, err
	}
	setting := func(name string) Setting {
		how, is := chosen[name]
		if !is {
			how = usual(name)
		}
		return Setting{Topic: name, How: how}
	}
	of, following := setting(t.Name), setting(Followed)
	if of.How != Off || t.Desk != "" || following.How == Off {
		return of, nil
	}
	follows, err := s.Follows(ctx, memberID, ref)
	if err != nil || !follows {
		return of, err
	}
	return following, nil
}

// Ending are what a link in a message ends that follows from some settings, each once: Digest for all that come daily, otherwise
// what the settings are of.
func Ending(settings []Setting) []string {
	daily := slices.ContainsFunc(settings, func(s Setting) bool { return s.How == Daily })
	names := []string{}
	if daily {
		names = append(names, Digest)
	}
	for _, s := range settings {
		t, _ := Of(s.Topic)
		if !slices.Contains(names, s.Topic) && (!daily || s.How != Daily && !t.Tomorrow) {
			names = append(names, s.Topic)
		}
	}
	return names
}

// Follow is a thing that a member follows.
type Follow struct {
	Ref   thing.Ref
	Since time.Time
}

// Follow has a member hear of what happens to a thing. It fails with too-many-follows; who follows it
// already does.
func (s Store) Follow(ctx context.Context, memberID string, ref thing.Ref) error {
	var n int64
	err := s.DB.Atomic(ctx, func(ctx context.Context) (err error) {
		if err := s.DB.Alone(ctx, "topic_follows/"+memberID); err != nil {
			return err
		}
		n, err = s.DB.Exec(ctx, `INSERT INTO topic_follows (member_id, kind, thing_id, since)
			SELECT $1, $2, $3, CAST($4 AS BIGINT) WHERE (SELECT COUNT(*) FROM topic_follows WHERE member_id = $1) < $5 ON CONFLICT (member_id, kind, thing_id) DO NOTHING`,
			memberID, ref.Kind, ref.ID, clock.Millis(clock.Now(ctx)), MostFollows)
		return err
	})
	if err != nil || n > 0 {
		return err
	}
	already, err := s.Follows(ctx, memberID, ref)
	if err == nil && !already {
		err = problem.New(problem.Conflict, "too-many-follows", fmt.Sprintf("%d개까지 받아볼 수 있습니다. 지난 것을 지워 주세요.", MostFollows), fmt.Sprintf("At most %d can be followed. Remove old ones.", MostFollows))
	}
	return err
}

// Unfollow ends it; who does not follow the thing does not.
func (s Store) Unfollow(ctx context.Context, memberID string, ref thing.Ref) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM topic_follows WHERE member_id = $1 AND kind = $2 AND thing_id = $3`, memberID, ref.Kind, ref.ID)
	return err
}

// Follows says whether a member follows a thing.
func (s Store) Follows(ctx context.Context, memberID string, ref thing.Ref) (bool, error) {
	n, err := database.One(ctx, s.DB, database.Value[int], `SELECT COUNT(*) FROM topic_follows WHERE member_id = $1 AND kind = $2 AND thing_id = $3`, memberID, ref.Kind, ref.ID)
	return n > 0, err
}

// Followed are the things that a member follows, the newest first.
func (s Store) Followed(ctx context.Context, memberID string) ([]Follow, error) {
	return database.All(ctx, s.DB, func(r database.Row) (Follow, error) {
		var f Follow
		var since int64
		err := r.Scan(&f.Ref.Kind, &f.Ref.ID, &since)
		f.Since = clock.FromMillis(since)
		return f, err
	}, `SELECT kind, thing_id, since FROM topic_follows WHERE member_id = $1 ORDER BY since DESC, kind, thing_id`+database.Limit(MostFollows), memberID)
}

// forever is when links that end a topic stop to work: a mail may be found years later.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// purpose is what such links are signed for.
const purpose = "unsubscribe"

// Token is what stands in a link by which whoever has a member's mail ends topics, Followed or
// Digest: always the same.
func (s Store) Token(memberID string, names ...string) string {
	return s.Key.Signer(purpose).Sign(memberID+" "+strings.Join(names, ","), forever)
}

// Ends is whom and what a token ends. It fails with problem.Absent for what is no token.
func (s Store) Ends(ctx context.Context, token string) (memberID string, names []string, err error) {
	said, err := s.Key.Signer(purpose).Verify(token, clock.Now(ctx))
	if err != nil {
		return "", nil, problem.Absent().Because(err)
	}
	memberID, list, _ := strings.Cut(said, " ")
	return memberID, strings.Split(list, ","), nil
}

// Unsubscribe ends all that a token ends. It fails with problem.Absent for what is no token; of a member who has
// left, and a topic that there no longer is, nothing is to be ended.
func (s Store) Unsubscribe(ctx context.Context, token string) error {
	memberID, names, err := s.Ends(ctx, token)
	if err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		for _, name := range names {
			end := s.end
			if name == Digest {
				end = s.endDaily
			}
			if err := end(ctx, memberID, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s Store) end(ctx context.Context, memberID, name string) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO topic_settings (member_id, topic, how) SELECT id, $2, $3 FROM members WHERE id = $1 AND anonymised_at IS NULL
		ON CONFLICT (member_id, topic) DO UPDATE SET how = excluded.how`, memberID, name, string(Off))
	return err
}

// endDaily ends all that comes once a day: what was chosen so, and what comes in no other way.
func (s Store) endDaily(ctx context.Context, memberID, _ string) error {
	if _, err := s.DB.Exec(ctx, `UPDATE topic_settings SET how = $1 WHERE member_id = $2 AND how = $3`, string(Off), memberID, string(Daily)); err != nil {
		return err
	}
	for _, t := range All() {
		if !t.Tomorrow {
			continue
		}
		if _, err := s.DB.Exec(ctx, `UPDATE topic_settings SET how = $1 WHERE member_id = $2 AND topic = $3`, string(Off), memberID, t.Name); err != nil {
			return err
		}
	}
	return nil
}

type exportedSetting struct {
	Topic string `json:"topic"`
	How   How    `json:"how"`
}

type exportedFollow struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
}

type exported struct {
	Settings []exportedSetting `json:"settings"`
	Follows  []exportedFollow  `json:"follows"`
}

// Personal is what topics keep of members.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Name: "notificationSettings",
		Notices: []person.Notice{
			{What: problem.Text{KO: "받아볼 알림의 설정과 팔로우한 글", EN: "Which notifications you chose, and what you follow"}, Why: problem.Text{KO: "원하는 알림만 보내기", EN: "Sending you what you asked for and nothing else"}, Until: problem.Text{KO: "탈퇴할 때까지", EN: "Until you leave"}},
		},
		Columns: []person.Column{
			{Name: "topic_settings.member_id", Fate: person.Forgotten},
			{Name: "topic_settings.topic", Fate: person.Exported},
			{Name: "topic_settings.how", Fate: person.Exported},
			{Name: "topic_follows.member_id", Fate: person.Forgotten},
			{Name: "topic_follows.kind", Fate: person.Exported},
			{Name: "topic_follows.thing_id", Fate: person.Exported},
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			kept := exported{Settings: []exportedSetting{}, Follows: []exportedFollow{}}
			chosen, err := database.All(ctx, s.DB, func(r database.Row) (exportedSetting, error) {
				var e exportedSetting
				err := r.Scan(&e.Topic, &e.How)
				return e, err
			}, `SELECT topic, how FROM topic_settings WHERE member_id = $1 ORDER BY topic`, memberID)
			if err != nil {
				return nil, err
			}
			kept.Settings = append(kept.Settings, chosen...)
			follows, err := s.Followed(ctx, memberID)
			for _, f := range follows {
				kept.Follows = append(kept.Follows, exportedFollow{f.Ref.Kind, f.Ref.ID, f.Since})
			}
			return kept, err
		},
		Forget: func(ctx context.Context, memberID string) error {
			if _, err := s.DB.Exec(ctx, `DELETE FROM topic_settings WHERE member_id = $1`, memberID); err != nil {
				return err
			}
			_, err := s.DB.Exec(ctx, `DELETE FROM topic_follows WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
