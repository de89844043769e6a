// Package objects is the product's door to S3-compatible object storage.
//
// In production that is OpenStack Swift behind its S3 layer, so the package asks for nothing that Swift 2.30 refuses:
// no streamed signatures (aws-chunked), no trailing checksums, no POST policies, no tags, no conditional writes.
//
// Four habits of Swift shape the callers:
//
//   - A listing is eventually consistent. What must be known is asked with Stat, never with List.
//   - A part that is not named in the completion stays in storage unseen and is paid for. Compare Parts with what was
//     expected before CompleteMultipart.
//   - Until a completed multipart object is deleted, its part URLs go on working until they expire, and a part that
//     arrives late damages the object. Put what was read of it at its final key and Delete the uploaded one: that stands
//     alone, and late parts then meet a missing upload.
//   - A multipart object that is overwritten leaves its parts behind. Keys are used once.
package objects

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/madang-council/madang/shared/dial"
)

// PartSize is the size of every part but the last, in bytes. S3 and Swift refuse less than 5 MiB; 8 MiB keeps a 100 MiB
// archive at 13 parts and a streamed upload at one buffer of this size.
const PartSize int64 = 8 << 20

// MaxParts is how many parts an upload may have: Swift's own default (max_upload_part_num). S3 allows 10 000.
const MaxParts = 1000

// maxSingle is the largest object or part that one request may carry, in bytes: 5 GiB in S3 and in Swift.
const maxSingle int64 = 5 << 30

// attempts is how often a request is tried. minio-go's own 10 keeps a caller waiting for seconds.
const attempts = 3

// Config says where the storage is. Every field but PublicEndpoint is required.
type Config struct {
	Endpoint string // URL that this process uses, http or https, without a path
	// PublicEndpoint is the URL that a browser uses. Presigned URLs are signed for it. Empty means Endpoint.
	PublicEndpoint string
	Region         string // signed into every request; Swift refuses another than its own
	AccessKey      string
	SecretKey      string
	Bucket         string
}

// Store reads and writes the objects of one bucket. It is safe for concurrent use and needs no closing.
type Store struct {
	core   *minio.Core   // requests of this process
	public *minio.Client // signs for the browser; sends nothing
	bucket string
	region string
}

// Open checks the configuration and returns a Store. It does no I/O.
func Open(c Config) (*Store, error) {
	for _, field := range []struct{ name, value string }{
		{"Endpoint", c.Endpoint}, {"Region", c.Region}, {"AccessKey", c.AccessKey},
		{"SecretKey", c.SecretKey}, {"Bucket", c.Bucket},
	} {
		if field.value == "" {
			return nil, fmt.Errorf("objects: %s is empty", field.name)
		}
	}
	if c.PublicEndpoint == "" {
		c.PublicEndpoint = c.Endpoint
	}
	transport := newTransport()
	inside, err := connect(c, c.Endpoint, transport)
	if err != nil {
		return nil, err
	}
	public, err := connect(c, c.PublicEndpoint, transport)
	if err != nil {
		return nil, err
	}
	return &Store{core: &minio.Core{Client: inside}, public: public, bucket: c.Bucket, region: c.Region}, nil
}

func connect(c Config, endpoint string, transport http.RoundTripper) (*minio.Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("objects: endpoint: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("objects: endpoint %q is not an http or https URL", endpoint)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("objects: endpoint %q has more than a host", endpoint)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure:       u.Scheme == "https",
		Region:       c.Region, // else a cold process first asks for the bucket's location
		BucketLookup: minio.BucketLookupPath,
		MaxRetries:   attempts,
		Transport:    transport,
	})
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	return client, nil
}

// newTransport never waits without an end: five seconds to connect, a minute for an answer once the request is sent
// (Swift answers a completion only after it has looked at every part).
func newTransport() *http.Transport {
	const connecting = 5 * time.Second
	dialer := &net.Dialer{Timeout: connecting, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial.First(connecting, dialer.DialContext),
		TLSHandshakeTimeout:   connecting,
		ResponseHeaderTimeout: time.Minute,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConns:          32,
		MaxIdleConnsPerHost:   32,
		DisableCompression:    true, // objects are stored as they are served
	}
}

// Meta is what storage keeps beside the bytes and answers as headers.
type Meta struct {
	ContentType  string
	Disposition  string // see Attachment and Inline
	CacheControl string
}

func (m Meta) options() minio.PutObjectOptions {
	return minio.PutObjectOptions{
		ContentType:          m.ContentType,
		ContentDisposition:   m.Disposition,
		CacheControl:         m.CacheControl,
		DisableContentSha256: true, // else minio-go sends aws-chunked over http, which Swift refuses
		DisableMultipart:     true,
	}
}

// Info describes a stored object.
type Info struct {
	Size         int64 // bytes
	ContentType  string
	Disposition  string
	CacheControl string
	ETag         string // without quotes; "…-N" for an object of N parts
	Modified     time.Time
}

// Object is one row of a listing.
type Object struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// Part is one stored part of an unfinished upload.
type Part struct {
	Number int   // from 1
	Size   int64 // bytes
	ETag   string
}

// Multipart is one unfinished upload.
type Multipart struct {
	Key      string
	UploadID string
	Started  time.Time
}

var errKey = errors.New("a key is 1 to 1024 bytes of UTF-8 without control characters and without empty or dot segments")
