package notify

import "github.com/madang-council/madang/shared/function"

// seed has the admin hear of notices at once and of minutes once a day.
func seed(function.Ground) []function.Seed {
	return []function.Seed{{Method: "PUT", Path: "/v1/notifications/settings", Body: map[string]any{"settings": []map[string]string{
		{"topic": "notices", "how": "now"}, {"topic": "minutes", "how": "digest"},
	}}}}
}
