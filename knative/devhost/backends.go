package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/cache"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/database/sqlite"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/secret"
)

// backends are what the functions need, embedded or real.
type backends struct {
	db       *database.DB
	redis    *redis.Client
	storage  function.StorageConfig
	objects  *objects.Store
	server   *embedded.Server // nil with a real object store
	settings function.Settings
	key      secret.Key
	mail     *mailbox
	names    []string // what each is, for the greeting
	closers  []func() error
}

func (b *backends) close() {
	for _, c := range b.closers {
		_ = c()
	}
}

// openBackends opens everything but calls no other server.
func openBackends(ctx context.Context, data, address string) (*backends, error) {
	// An admin's first sign-in needs no second factor, and the site is where the process listens.
	settings, err := host.ReadSettings(map[string]string{"ADMIN_NEEDS_TOTP": "false", "SITE_URL": address})
	if err != nil {
		return nil, err
	}
	b := &backends{mail: &mailbox{}}
	if b.settings, err = settings.Function(); err != nil {
		return nil, err
	}
	b.key, err = masterKey(settings, data)
	if err != nil {
		return nil, err
	}
	for _, open := range []func() error{
		func() error { return b.openDatabase(settings, data) },
		func() error { return b.openRedis(ctx, settings) },
		func() error { return b.openStorage(settings, data, address) },
	} {
		if err := open(); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

// masterKey is SECRET_KEY, or one that is made once and kept with the data.
func masterKey(s host.Settings, data string) (secret.Key, error) {
	if s.SecretKey != "" {
		return s.Key()
	}
	path := filepath.Join(data, "secret-key")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		made, _ := secret.Token() // 256 random bits, as base64url
		text = []byte(made)
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return secret.Key{}, fmt.Errorf("secret key: %w", err)
	}
	return secret.Parse(string(text))
}

func (b *backends) openDatabase(s host.Settings, data string) (err error) {
	if s.DatabaseURL != "" {
		b.db, err = postgres.Open(s.DatabaseURL)
		b.names = append(b.names, "PostgreSQL of DATABASE_URL")
	} else {
		path := filepath.Join(data, "madang.db")
		b.db, err = sqlite.Open(path)
		b.names = append(b.names, "SQLite")
	}
	if err == nil {
		b.closers = append(b.closers, b.db.Close)
	}
	return err
}

func (b *backends) openRedis(ctx context.Context, s host.Settings) (err error) {
	cache.Silence()
	if s.RedisURL != "" {
		b.names = append(b.names, "Redis of REDIS_URL")
		b.redis, err = cache.Open(s.RedisURL)
		return err
	}
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return fmt.Errorf("embedded Redis: %w", err)
	}
	b.names = append(b.names, "embedded Redis")
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go age(ctx, server)
	b.closers = append(b.closers, func() error { cancel(); server.Close(); return nil })
	b.redis, err = cache.Open("redis://" + server.Addr())
	return err
}

// age lets the embedded Redis' keys expire: it does not look at the clock itself.
func age(ctx context.Context, server *miniredis.Miniredis) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			server.FastForward(now.Sub(last))
			last = now
		}
	}
}

func (b *backends) openStorage(s host.Settings, data, address string) (err error) {
	b.storage = s.Storage()
	if b.storage.Endpoint == "" {
		b.storage.Endpoint, b.storage.PublicEndpoint = address, cmp.Or(b.storage.PublicEndpoint, address) // a proxy may stand before it
		b.storage.AccessKey, b.storage.SecretKey = "laptop", "only-on-this-laptop"
		path := filepath.Join(data, "objects")
		b.server, err = embedded.Open(path, embedded.Config{AccessKey: b.storage.AccessKey, SecretKey: b.storage.SecretKey, Region: b.storage.Region, Now: time.Now})
		if err != nil {
			return err
		}
		b.closers = append(b.closers, b.server.Close)
		b.names = append(b.names, "embedded S3")
	} else {
		b.names = append(b.names, "S3 of S3_ENDPOINT")
	}
	c := b.storage
	b.objects, err = objects.Open(objects.Config(c))
	return err
}

// patience is how long a server may take to answer for the first time.
const patience = 15 * time.Second

// migrate brings the schema up to date, before anything is served from it.
func (b *backends) migrate(ctx context.Context, data string) error {
	asked, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := b.db.Ping(asked); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if b.db.Dialect() != database.SQLite {
		_, err := migrate.Up(ctx, b.db)
		return err
	}
	sums, err := migrate.Sums()
	if err != nil {
		return err
	}
	applied := filepath.Join(data, "migrations.json")
	if err := unchanged(applied, sums); err != nil {
		return err
	}
	if _, err := migrate.Up(ctx, b.db); err != nil {
		return fmt.Errorf("%w: %s may be from before a migration was changed or taken away: begin anew by -reset", err, data)
	}
	list, err := json.MarshalIndent(sums, "", "  ")
	if err == nil {
		err = os.WriteFile(applied, list, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep which migrations were applied: %w", err)
	}
	return nil
}

// unchanged fails where a migration says something else than when it was applied to the data
// beside it, which Up would not notice: who adds a resource changes its migration often.
func unchanged(applied string, sums map[string]string) error {
	list, err := os.ReadFile(applied)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read which migrations were applied: %w", err)
	}
	var was map[string]string
	if err := json.Unmarshal(list, &was); err != nil {
		return fmt.Errorf("%s: %w", applied, err)
	}
	var wrong []error
	for name, sum := range was {
		if now := sums[name]; now != "" && now != sum {
			wrong = append(wrong, fmt.Errorf("shared/database/migrate/files/%s was changed after it was applied to %s: begin anew by -reset, or undo that and put it into a new file", name, filepath.Dir(applied)))
		}
	}
	return errors.Join(wrong...)
}

// ready makes the bucket and says what else does not answer. The site is served already:
// the embedded store is reached through it.
func (b *backends) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := b.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	if err := b.objects.EnsureBucket(ctx); err != nil {
		return fmt.Errorf("the object storage does not answer: %w", err)
	}
	return nil
}
