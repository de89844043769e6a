package objectstest_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/objects/objectstest"
)

func TestEmbedded(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) *objects.Store {
		server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		listening := httptest.NewServer(server)
		t.Cleanup(func() {
			listening.Close()
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		store, err := objects.Open(objects.Config{
			Endpoint: listening.URL, Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "contract",
		})
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

func TestSwift(t *testing.T) {
	objectstest.Run(t, objectstest.Swift)
}
