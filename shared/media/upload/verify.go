package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/madang-council/madang/shared/media/filetype"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// refused says for what reason stored bytes are not taken.
type refused struct {
	code   string
	reason string // English, for the log
}

func (r *refused) Error() string { return "upload refused: " + r.code + ": " + r.reason }

// Codes of refusal beside those of packages filetype and picture.
const (
	sizeMismatch     = "size-mismatch"
	checksumMismatch = "checksum-mismatch"
)

// Refusals are the codes, of kind problem.Invalid, for which stored bytes are not taken.
func Refusals() []string {
	return []string{
		filetype.ArchiveBomb, filetype.ArchiveUnsafe, checksumMismatch, filetype.Polyglot, sizeMismatch, tooManyPixels, filetype.Truncated,
		filetype.Mismatch, filetype.NotAllowed, unreadable,
	}
}

// refusedFor is the answer about an upload that was refused with a code.
func refusedFor(code string) *problem.Error {
	ko, en := "파일을 받을 수 없습니다.", "The file is not taken."
	switch code {
	case sizeMismatch, checksumMismatch:
		ko, en = "올라온 파일이 알린 것과 다릅니다. 다시 올리세요.", "What arrived is not what was announced. Upload it again."
	case filetype.NotAllowed, filetype.Mismatch:
		ko, en = "파일의 내용이 이름과 다르거나 받지 않는 형식입니다.", "The content is not what the name says, or not a type that is taken."
	case filetype.Polyglot, filetype.ArchiveBomb, filetype.ArchiveUnsafe:
		ko, en = "안전하지 않은 파일이라 받을 수 없습니다.", "The file is not safe to take."
	case tooManyPixels:
		ko, en = "4천만 화소보다 큰 그림은 받지 않습니다.", "Pictures of more than 40 megapixels are not taken."
	case unreadable:
		ko, en = "그림을 읽을 수 없습니다.", "The picture cannot be read."
	case filetype.Truncated:
		ko, en = "파일이 비었거나 끝이 잘렸습니다.", "The file is empty or cut off."
	}
	return problem.New(problem.Invalid, code, ko, en)
}

// verify reads what is at Incoming and returns u with what was found: size, checksum,
// and the measures of an image. The error is a *refused for the file's fault. It holds a
// few hundred KiB, whatever the size.
func (d Depot) verify(ctx context.Context, u Upload) (Upload, error) {
	o, err := d.objects()
	if err != nil {
		return u, err
	}
	info, err := o.Stat(ctx, u.Incoming())
	if err != nil {
		return u, err
	}
	if u.Size != 0 && info.Size != u.Size {
		return u, &refused{sizeMismatch, fmt.Sprintf("%d bytes instead of %d", info.Size, u.Size)}
	}
	u.Size = info.Size
	sum, err := checksum(ctx, o, u)
	if err != nil {
		return u, err
	}
	if u.SHA256 != "" && sum != u.SHA256 {
		return u, &refused{checksumMismatch, "the SHA-256 of what arrived is " + sum}
	}
	u.SHA256 = sum
	content := &ranged{ctx: ctx, store: o, key: u.Incoming(), size: u.Size}
	u, err = u.examined(content)
	if content.err != nil { // a connection that broke must not count as a file that is cut off
		return u, content.err
	}
	return u, err
}

// examined is u with what its content says.
func (u Upload) examined(content io.ReaderAt) (Upload, error) {
	_, err := filetype.Detect(content, u.Size, u.Name, "")
	var no *filetype.Refused
	switch {
	case errors.As(err, &no):
		return u, &refused{no.Code, no.Reason}
	case err != nil:
		return u, err
	case IsImage(u.Type):
		return u.inspected(content)
	default:
		return u, nil
	}
}

// checksum is the SHA-256 of what is at Incoming, in hexadecimal.
func checksum(ctx context.Context, o *objects.Store, u Upload) (string, error) {
	r, err := o.Open(ctx, u.Incoming(), 0, -1)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err == nil && n != u.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", problem.Away(fmt.Errorf("verify %s: %w", u.ID, err))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ranged reads an object at random, a block at a time, and keeps the last blocks.
type ranged struct {
	ctx    context.Context
	store  *objects.Store
	key    string
	size   int64
	blocks [2]block
	next   int
	err    error // why the storage could not be read
}

type block struct {
	offset  int64
	content []byte
}

// blockSize is how much a read fetches: a ZIP's directory and the headers of a picture
// come with one or two requests.
const blockSize = 128 << 10

// ReadAt reads as io.ReaderAt demands.
func (r *ranged) ReadAt(p []byte, offset int64) (int, error) {
	n := 0
	for n < len(p) {
		if offset >= r.size {
			return n, io.EOF
		}
		b, err := r.block(offset - offset%blockSize)
		if err != nil {
			r.err = err
			return n, err
		}
		copied := copy(p[n:], b.content[offset-b.offset:])
		n, offset = n+copied, offset+int64(copied)
	}
	return n, nil
}

func (r *ranged) block(offset int64) (block, error) {
	for _, b := range r.blocks {
		if b.content != nil && b.offset == offset {
			return b, nil
		}
	}
	length := min(blockSize, r.size-offset)
	body, err := r.store.Open(r.ctx, r.key, offset, length)
	if err != nil {
		return block{}, err
	}
	defer func() { _ = body.Close() }()
	b := block{offset, make([]byte, length)}
	if _, err := io.ReadFull(body, b.content); err != nil {
		return block{}, problem.Away(fmt.Errorf("read %s: %w", r.key, err))
	}
	r.blocks[r.next], r.next = b, 1-r.next
	return b, nil
}
