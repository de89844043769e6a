// Command pocketbase is PocketBase with the notices that knative/bench gives it, to be
// measured beside Madang's functions. It is started by `go run ./knative/bench -peers`.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "where to listen")
	data := flag.String("data", "", "an empty folder for the database")
	rows := flag.String("rows", "", "a file with a notice as JSON on each line")
	members := flag.Int("members", 1, "how many sign in")
	quiet := flag.Bool("quiet", false, "keep no log of requests, which PocketBase otherwise does in a database")
	flag.Parse()
	if err := run(*addr, *data, *rows, *members, *quiet); err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

// made is printed before it serves.
type made struct {
	IDs    []string `json:"ids"`
	Tokens []string `json:"tokens"`
}

func run(addr, data, rows string, members int, quiet bool) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: data, HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if quiet {
		app.Settings().Logs.MaxDays = 0
		if err := app.Save(app.Settings()); err != nil {
			return err
		}
	}
	var m made
	// One transaction: otherwise each row would wait for the disk.
	err := app.RunInTransaction(func(app core.App) error {
		notices, err := collection(app)
		if err != nil {
			return err
		}
		if m.IDs, err = fill(app, notices, rows); err != nil {
			return err
		}
		m.Tokens, err = signIn(app, members)
		return err
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
		return err
	}
	return apis.Serve(app, apis.ServeConfig{HttpAddr: addr})
}

// collection has the fields of a notice, and lets everybody read what is published now.
func collection(app core.App) (*core.Collection, error) {
	c := core.NewBaseCollection("notices")
	published := types.Pointer(`publishAt != "" && publishAt <= @now && (unpublishAt = "" || unpublishAt > @now)`)
	c.ListRule, c.ViewRule = published, published
	c.Fields.Add(
		&core.TextField{Name: "unit"}, &core.TextField{Name: "title"}, &core.TextField{Name: "excerpt"},
		&core.JSONField{Name: "tags"}, &core.DateField{Name: "publishAt"}, &core.DateField{Name: "unpublishAt"},
		&core.DateField{Name: "pinnedUntil"}, &core.DateField{Name: "urgentUntil"}, &core.NumberField{Name: "version"},
		&core.TextField{Name: "html", Max: 200_000}, &core.TextField{Name: "body", Max: 100_000, Hidden: true},
		&core.DateField{Name: "createdAt"}, &core.DateField{Name: "updatedAt"},
	)
	c.AddIndex("notices_publish_at", false, "publishAt, id", "")
	return c, app.Save(c)
}

func fill(app core.App, notices *core.Collection, rows string) ([]string, error) {
	file, err := os.Open(rows)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	ids := []string{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var fields map[string]any
		if err := json.Unmarshal(lines.Bytes(), &fields); err != nil {
			return nil, err
		}
		r := core.NewRecord(notices)
		r.Load(fields)
		if err := app.SaveNoValidate(r); err != nil {
			return nil, err
		}
		ids = append(ids, r.Id)
	}
	return ids, lines.Err()
}

// signIn makes accounts of PocketBase's own collection of users, and a token for each.
func signIn(app core.App, members int) ([]string, error) {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return nil, err
	}
	tokens := []string{}
	for i := range members {
		r := core.NewRecord(users)
		r.SetEmail("m" + strconv.Itoa(i) + "@example.com")
		r.SetRandomPassword()
		r.SetVerified(true)
		if err := app.Save(r); err != nil {
			return nil, err
		}
		token, err := r.NewAuthToken()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}
