package objects

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// longest is how long a presigned URL may live; S3 and Swift refuse more.
const longest = 7 * 24 * time.Hour

// SignPart returns the URL to which a browser PUTs part number (from 1) of an upload, and the headers that belong to it.
// It does no I/O. size, in bytes, is signed as Content-Length: storage refuses a body that declares another length, or
// none, and stores nothing of a body that ends before it. That binds browsers. A program that declares the signed length
// and sends its body chunked all the same is believed by Swift 2.30, so the sizes that count are those of Parts.
// The URL works until it expires, and may be used again: the last body wins.
func (s *Store) SignPart(ctx context.Context, key, uploadID string, number int, size int64, expires time.Duration) (string, http.Header, error) {
	switch {
	case uploadID == "":
		return "", nil, failed(ctx, "sign part", key, fmt.Errorf("no upload id"))
	case number < 1 || number > MaxParts:
		return "", nil, failed(ctx, "sign part", key, fmt.Errorf("part %d is not in 1..%d", number, MaxParts))
	case size < 1 || size > maxSingle:
		return "", nil, failed(ctx, "sign part", key, fmt.Errorf("size %d is not in 1..%d", size, maxSingle))
	}
	header := http.Header{"Content-Length": {strconv.FormatInt(size, 10)}}
	query := url.Values{"uploadId": {uploadID}, "partNumber": {strconv.Itoa(number)}}
	signed, err := s.sign(ctx, http.MethodPut, key, expires, query, header)
	if err != nil {
		return "", nil, failed(ctx, "sign part", key, err)
	}
	return signed, header, nil
}

// SignGet returns the URL at which a browser reads the object until it expires. disposition, when not empty, is answered
// as Content-Disposition instead of the stored one. It does no I/O, so it does not know whether the object exists.
func (s *Store) SignGet(ctx context.Context, key string, expires time.Duration, disposition string) (string, error) {
	query := url.Values{}
	if disposition != "" {
		query.Set("response-content-disposition", disposition)
	}
	signed, err := s.sign(ctx, http.MethodGet, key, expires, query, nil)
	return signed, failed(ctx, "sign get", key, err)
}

func (s *Store) sign(ctx context.Context, method, key string, expires time.Duration, query url.Values, header http.Header) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	if expires < time.Second || expires > longest {
		return "", fmt.Errorf("expiry %s is not in 1s..%s", expires, longest)
	}
	u, err := s.public.PresignHeader(ctx, method, s.bucket, key, expires, query, header)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}
