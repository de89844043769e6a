// Package browser holds no code but tests: the site in a real browser. Stories are told as
// a person would do them, by what is written on the pages and by the keyboard, in the sizes
// of a desk and of a telephone; and programs that know better look over every page that a
// function has (function.Route.HTML): each template once in each language, and what else it
// shows once (views_test.go). A page that they do not see fails them, with the line to add.
// Their tests are named by functions: go test ./knative/browser -run TestAccessibility/notices.
//
// They need Debian's chromium, default-jre-headless, nodejs and, with a C compiler, libical-dev, python3-feedparser, and the npm packages of
// testdata/checkers (task checkers). Where one is missing, the test says so and is skipped, or
// fails where CI=true. With MADANG_URL and MADANG_ADMIN, as for task e2e, the programs look
// at that environment's edge (task pages); the stories stay with local hosts. SCREENSHOTS names a folder in which pictures of what was seen are kept.
package browser
