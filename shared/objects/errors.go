package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/minio/minio-go/v7"
)

// ErrNotFound says that the object, the upload or the bucket does not exist.
var ErrNotFound = errors.New("not found")

// ErrUnavailable says that storage could not answer now: the network failed, time ran out, or it answered 429 or 5xx.
// The same call may succeed later; whether a write took effect is not known.
var ErrUnavailable = errors.New("storage unavailable")

// ErrBroken says that the object was made of parts of which one was replaced afterwards, so that it cannot be read.
var ErrBroken = errors.New("a part of the object was replaced")

const (
	// quick bounds requests without a body worth mentioning.
	quick = 15 * time.Second
	// finishing bounds the completion of an upload and a copy inside storage, which grow with the object.
	finishing = 2 * time.Minute
	// slowest is the rate at which a transfer is given up, in bytes a second.
	slowest = 64 << 10
)

// transfer is how long moving size bytes may take: a minute, and then a second for each 64 KiB.
func transfer(size int64) time.Duration {
	return time.Minute + time.Duration(size/slowest)*time.Second
}

// failed adds the operation to an error and classifies it. ctx is the caller's, not the one with the internal deadline:
// a caller that has gone away is not an unavailable storage.
func failed(ctx context.Context, op, key string, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("objects: %s %q: %w: %w", op, key, cause, err)
	}
	if kind := classify(err); kind != nil {
		return fmt.Errorf("objects: %s %q: %w: %w", op, key, kind, err)
	}
	return fmt.Errorf("objects: %s %q: %w", op, key, err)
}

func classify(err error) error {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		switch answer.Code {
		case minio.NoSuchKey, minio.NoSuchUpload, minio.NoSuchBucket:
			return ErrNotFound
		case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "TooManyRequests":
			return ErrUnavailable
		case "BrokenMPU": // Swift's own
			return ErrBroken
		}
		switch {
		case answer.StatusCode == http.StatusNotFound:
			return ErrNotFound
		case answer.StatusCode == http.StatusNotImplemented:
			return nil
		case answer.StatusCode >= 500, answer.StatusCode == http.StatusTooManyRequests,
			answer.StatusCode == http.StatusRequestTimeout:
			return ErrUnavailable
		}
		return nil
	}
	var network net.Error
	var address *url.Error
	switch {
	case errors.As(err, &network), errors.As(err, &address), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return ErrUnavailable
	}
	return nil
}

// checkKey refuses keys that a proxy, a file system or a URL would read as another key.
func checkKey(key string) error {
	if key == "" || len(key) > 1024 || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		return errKey
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return errKey
		}
	}
	return nil
}
