package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
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
		filetype.ActiveContent, filetype.ArchiveBomb, filetype.ArchiveUnsafe, checksumMismatch, filetype.Program, filetype.Encrypted, filetype.HEIF, filetype.Polyglot, sizeMismatch, tooManyPixels, filetype.Truncated,
		filetype.Mismatch, filetype.NotAllowed, unreadable,
	}
}

// refusedFor is the answer about an upload that was refused with a code.
func refusedFor(code string) *problem.Error {
	ko, en := "파일을 받을 수 없습니다.", "The file isn't accepted."
	switch code {
	case sizeMismatch, checksumMismatch:
		ko, en = "올라온 파일이 알린 것과 다릅니다. 다시 올리세요.", "What arrived is not what was announced. Upload it again."
	case filetype.NotAllowed, filetype.Mismatch:
		ko, en = "파일의 내용이 이름과 다르거나 받지 않는 형식입니다.", "The content is not what the name says, or not a type that is taken."
	case filetype.Polyglot, filetype.ArchiveBomb, filetype.ArchiveUnsafe:
		ko, en = "안전하지 않은 파일이라 받을 수 없습니다.", "The file is not safe to take."
	case filetype.ActiveContent:
		ko, en = "열면 무엇이 실행되거나 다른 곳에서 받아오거나 다른 파일이 들어 있는 문서입니다(매크로, 스크립트, 삽입된 개체, 외부 서식, 첨부). 그것을 지우거나 PDF로 인쇄해 저장한 뒤 다시 올리세요.",
			"The document runs or fetches something when it is opened, or carries files (macros, scripts, embedded objects, a template elsewhere, attachments). Remove that, or print it to a PDF, and upload it again."
	case filetype.Program:
		ko, en = "압축 파일 안에 실행되는 파일(.exe, .js, .lnk 등)이 있습니다. 그것을 빼고 다시 압축해 올리세요.",
			"There is a file in the archive that runs when it is opened (.exe, .js, .lnk and the like). Take it out and upload the archive again."
	case filetype.Encrypted:
		ko, en = "암호가 걸려 있어 안전한지 확인할 수 없습니다. 암호나 제한을 푼 뒤 다시 올리세요.",
			"It is protected by a password, so that nobody can say whether it is safe. Remove the protection and upload it again."
	case filetype.HEIF:
		t := heif()
		ko, en = t.KO, t.EN
	case tooManyPixels:
		ko, en = "4천만 화소보다 큰 이미지는 받지 않습니다.", "Pictures of more than 40 megapixels aren't accepted."
	case unreadable:
		ko, en = "이미지를 읽을 수 없습니다.", "The picture cannot be read."
	case filetype.Truncated:
		ko, en = "파일이 비었거나 끝이 잘렸습니다.", "The file is empty or cut off."
	}
	return problem.New(problem.Invalid, code, ko, en)
}

// heif says what to do with a picture of an iPhone that the browser could not convert.
func heif() problem.Text {
	return problem.Text{
		KO: "아이폰의 HEIC 사진은 받지 않습니다. 사진을 JPEG로 바꾸어 올리세요. 아이폰에서는 설정 > 카메라 > 포맷에서 '높은 호환성'을 고르거나, 사진을 파일 앱에 복사해 '이미지 변환'에서 JPEG를 고릅니다. 맥에서는 미리보기의 '내보내기'로, 윈도우에서는 사진 앱의 '다른 이름으로 저장'으로 바꿉니다.",
		EN: "HEIC pictures of iPhones aren't accepted. Save it as a JPEG: on the iPhone choose Settings > Camera > Formats > Most Compatible, or copy the photo to Files and choose Convert Image; on a Mac export it from Preview; on Windows use Save as in Photos.",
	}
}

// verify judges what arrived, makes the file of it at Key, and returns u with what was found: size, checksum, and the
// measures of an image. The error is a *refused for the file's fault, and then there is no file.
//
// The type is judged by reading where its structure leads, and the whole is read once, on its way into the file. What was
// judged is what passes: each block that was read before must have the same sum then, so that it does not matter who sends
// parts again in between. It holds a few hundred KiB, whatever the size.
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
	content := &ranged{ctx: ctx, store: o, key: u.Incoming(), size: u.Size, sums: map[int64][sha256.Size]byte{}}
	found, err := u.examined(content)
	if content.err != nil { // a connection that broke must not count as a file that is cut off
		return u, content.err
	}
	var no *refused
	if errors.As(err, &no) && u.SHA256 != "" { // what arrived in another form than it was sent says nothing about the file
		if _, sumErr := d.pass(ctx, o, u, content, nil); sumErr != nil {
			return u, sumErr
		}
	}
	if err != nil {
		return u, err
	}
	meta := objects.Meta{ContentType: MediaType(u.Type), Disposition: objects.Attachment(u.Name), CacheControl: "public, max-age=31536000, immutable"}
	if u.Private() {
		meta.CacheControl = "private, no-store"
	}
	sum, err := d.pass(ctx, o, found, content, func(kept io.Reader) error { return o.Put(ctx, u.Key(), kept, found.Size, meta) })
	if err != nil {
		return u, err
	}
	if info, err := o.Stat(ctx, u.Key()); err != nil || info.Size != found.Size {
		return u, problem.Away(errors.Join(errors.New("upload: the file is not whole"), err))
	}
	found.SHA256 = sum
	return found, nil
}

// pass reads what arrived once more, whole, as what was judged, and gives the first u.Size bytes of it to keep, or to
// nobody; it is the SHA-256 of these. The last of them is given when all was read and is as it must be.
func (d Depot) pass(ctx context.Context, o *objects.Store, u Upload, judged *ranged, keep func(io.Reader) error) (string, error) {
	body, err := o.Open(ctx, u.Incoming(), 0, -1)
	if err != nil {
		return "", err
	}
	defer func() { _ = body.Close() }()
	p := &passing{body: body, judged: judged, announced: u.SHA256, keeps: u.Size, whole: sha256.New(), block: make([]byte, 0, blockSize)}
	if p.kept = p.whole; p.keeps < judged.size {
		p.kept = sha256.New()
	}
	if keep == nil {
		_, err = io.Copy(io.Discard, p)
	} else {
		err = keep(p)
	}
	if p.err != nil {
		err = p.err
	}
	return hex.EncodeToString(p.kept.Sum(nil)), err
}

// passing reads an object a block at a time, and gives on the first of its bytes as far as they are kept.
type passing struct {
	body        io.Reader
	judged      *ranged
	announced   string // SHA-256 of the whole, or ""
	keeps       int64  // bytes
	whole, kept hash.Hash
	block       []byte // what was read last
	left        []byte // of it what is to be given on
	at          int64  // where the next block begins
	err         error  // why it is not given on
}

func (p *passing) Read(b []byte) (int, error) {
	for len(p.left) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		if p.at >= p.keeps {
			return 0, io.EOF
		}
		if p.err = p.next(); p.err != nil {
			return 0, p.err
		}
		p.left = p.block[:min(int64(len(p.block)), p.keeps-(p.at-int64(len(p.block))))]
		if p.kept != p.whole {
			p.kept.Write(p.left)
		}
		if p.at < p.keeps {
			break
		}
		last := p.left
		p.block = make([]byte, 0, blockSize)
		if p.err = p.end(); p.err != nil {
			return 0, p.err
		}
		p.left = last
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

// next reads a block, which must be what was judged, if it was.
func (p *passing) next() error {
	p.block = p.block[:min(blockSize, p.judged.size-p.at)]
	if _, err := io.ReadFull(p.body, p.block); err != nil {
		return problem.Away(fmt.Errorf("read %s: %w", p.judged.key, err))
	}
	p.whole.Write(p.block)
	if sum, judged := p.judged.sums[p.at]; judged && sum != sha256.Sum256(p.block) {
		return fmt.Errorf("read %s: %w", p.judged.key, objects.ErrBroken)
	}
	p.at += int64(len(p.block))
	return nil
}

// end reads what is not kept, and judges the whole.
func (p *passing) end() error {
	for p.at < p.judged.size {
		if err := p.next(); err != nil {
			return err
		}
	}
	if sum := hex.EncodeToString(p.whole.Sum(nil)); p.announced != "" && sum != p.announced {
		return &refused{checksumMismatch, "the SHA-256 of what arrived is " + sum}
	}
	return nil
}

// examined is u with what its content says.
func (u Upload) examined(content io.ReaderAt) (Upload, error) {
	kind, err := filetype.Detect(content, u.Size, u.Name, "")
	var no *filetype.Refused
	switch {
	case errors.As(err, &no):
		return u, &refused{no.Code, no.Reason}
	case err != nil:
		return u, err
	case IsImage(u.Type):
		if kind.End > 0 {
			u.Size = kind.End
		}
		return u.inspected(content)
	default:
		return u, nil
	}
}

// ranged reads an object at random, a block at a time, and keeps the last blocks.
type ranged struct {
	ctx    context.Context
	store  *objects.Store
	key    string
	size   int64
	blocks [2]block
	next   int
	sums   map[int64][sha256.Size]byte // of the blocks that were read, by where they begin
	err    error                       // why the storage could not be read
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
	sum := sha256.Sum256(b.content)
	if before, read := r.sums[offset]; read && before != sum {
		return block{}, fmt.Errorf("read %s: %w", r.key, objects.ErrBroken)
	}
	r.sums[offset] = sum
	r.blocks[r.next], r.next = b, 1-r.next
	return b, nil
}
