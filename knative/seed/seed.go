// Package seed fills an empty council with what a small one has, through its API, as a
// person would.
package seed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

type seeder struct {
	address string
	token   string
}

// Council signs in at address as an admin and writes pictures, notices and banners. It is
// for a council that has none: called twice, it writes them twice.
func Council(ctx context.Context, address, email, password string) error {
	var session struct {
		AccessToken string `json:"accessToken"`
	}
	s := &seeder{address: address}
	if err := s.post(ctx, "/v1/auth/sessions", map[string]any{"email": email, "password": password, "device": "seed"}, &session); err != nil {
		return err
	}
	s.token = session.AccessToken
	pictures := []string{}
	for i, name := range []string{"봄 축제.jpg", "간식 행사.jpg", "새내기 환영.jpg"} {
		id, err := s.picture(ctx, name, i)
		if err != nil {
			return err
		}
		pictures = append(pictures, id)
	}
	now := time.Now().In(clock.Seoul).Truncate(time.Minute)
	for i, n := range notices(now, pictures) {
		if n["publishAt"] == now { // at once, also where functions start slowly: a minute ago would be refused
			n["publishAt"] = time.Now().In(clock.Seoul)
		}
		if err := s.post(ctx, "/v1/notices", n, nil); err != nil {
			return fmt.Errorf("notice %d: %w", i, err)
		}
	}
	for i, b := range banners(pictures) {
		if err := s.post(ctx, "/v1/banners", b, nil); err != nil {
			return fmt.Errorf("banner %d: %w", i, err)
		}
	}
	return nil
}

func notices(now time.Time, pictures []string) []map[string]any {
	in := func(d time.Duration) time.Time { return now.Add(d) }
	day := 24 * time.Hour
	tomorrow := clock.Midnight(now).Add(day + 9*time.Hour)
	return []map[string]any{
		{"unit": "총학", "title": "2026학년도 총학생회비 납부 안내", "tags": []string{"학생회비"}, "publishAt": now,
			"body": "총학생회비 납부 기간을 알립니다.\n\n| 구분 | 내용 |\n|---|---|\n| 금액 | 10,000원 |\n| 기간 | 등록금 납부 기간과 같음 |\n\n납부 내역은 **마이페이지**에서 확인할 수 있습니다."},
		{"unit": "감사", "title": "2026년 1분기 감사 결과 공고", "tags": []string{"감사", "공고"}, "publishAt": now,
			"body": "감사시행세칙에 따라 1분기 감사 결과를 공고합니다.\n\n1. 총학생회: 적합\n2. 동아리연합회: 적합\n3. 단과대학 학생회: 개선 권고 2건"},
		{"unit": "동연", "title": "동아리방 정기 소독 안내", "tags": []string{"동아리"}, "publishAt": now,
			"body": "학생회관 3층과 4층 동아리방을 소독합니다. 소독하는 동안 출입할 수 없으니 **귀중품**을 챙겨 주세요."},
		{"unit": "총학", "title": "중간고사 간식 행사", "tags": []string{"행사", "간식"}, "publishAt": now, "attachments": []string{pictures[1]},
			"body": "시험 기간에 간식을 나눕니다.\n\n- 곳: 중앙도서관 앞\n- 때: 오후 6시부터 다 떨어질 때까지\n- 학생증을 꼭 가져오세요."},
		{"unit": "총학", "title": "봄 대동제 '마당' 개최", "tags": []string{"행사", "축제"}, "publishAt": now, "pinnedUntil": in(30 * day), "attachments": []string{pictures[0]},
			"body": "## 봄 대동제\n\n사흘 동안 운동장과 학생회관 앞마당에서 열립니다. 주점 신청은 학과 학생회를 통해 받습니다."},
		{"unit": "총학", "title": "학생회관 단수 안내 (오늘 22시~24시)", "tags": []string{"긴급"}, "publishAt": now, "urgentUntil": in(12 * time.Hour),
			"body": "배관 공사로 오늘 22시부터 24시까지 학생회관에 물이 나오지 않습니다."},
		{"unit": "총학", "title": "새내기 환영회 참가 신청", "tags": []string{"행사", "새내기"}, "publishAt": tomorrow, "attachments": []string{pictures[2]},
			"body": "내일 아침 9시부터 신청을 받습니다. 이 글은 그때 저절로 공개됩니다."},
		{"unit": "총학", "title": "(초안) 2학기 공약 이행 점검", "tags": []string{"공약"}, "body": "아직 쓰는 중입니다."},
	}
}

func banners(pictures []string) []map[string]any {
	return []map[string]any{
		{"unit": "총학", "image": pictures[0], "alt": "봄 대동제 마당: 운동장에서 사흘 동안", "link": "/notices?tag=%EC%B6%95%EC%A0%9C"},
		{"unit": "총학", "image": pictures[2], "alt": "새내기 여러분, 마당에 온 것을 환영합니다", "link": "/notices?tag=%EC%83%88%EB%82%B4%EA%B8%B0"},
	}
}

// picture uploads a painted picture and returns the upload's id.
func (s *seeder) picture(ctx context.Context, name string, variation int) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("purpose", "post"); err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	file, err := form.CreateFormFile("file", name)
	if err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	if err := jpeg.Encode(file, paint(variation), &jpeg.Options{Quality: 85}); err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	if err := form.Close(); err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	var made struct {
		ID string `json:"id"`
	}
	err = s.send(ctx, "/v1/uploads/form", form.FormDataContentType(), &body, &made)
	return made.ID, err
}

// paint is hills under a sky, 1600 by 900 pixels, in colours that differ by variation.
func paint(variation int) image.Image {
	const width, height = 1600, 900
	skies := [][2]color.RGBA{{{255, 214, 165, 255}, {255, 120, 140, 255}}, {{30, 40, 90, 255}, {120, 90, 160, 255}}, {{170, 225, 255, 255}, {255, 250, 220, 255}}}
	hills := []color.RGBA{{70, 110, 90, 255}, {40, 60, 80, 255}, {110, 160, 90, 255}}
	sky, hill := skies[variation%len(skies)], hills[variation%len(hills)]
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	mix := func(a, b uint8, t float64) uint8 { return uint8(float64(a)*(1-t) + float64(b)*t) }
	for x := range width {
		ridge := 620 + 70*math.Sin(float64(x)/210+float64(variation)) + 25*math.Sin(float64(x)/67)
		for y := range height {
			t := float64(y) / height
			c := color.RGBA{mix(sky[0].R, sky[1].R, t), mix(sky[0].G, sky[1].G, t), mix(sky[0].B, sky[1].B, t), 255}
			if sun := math.Hypot(float64(x-1150), float64(y-320)); sun < 110 {
				c = color.RGBA{255, 240, 200, 255}
			}
			if float64(y) > ridge {
				shade := math.Min(1, (float64(y)-ridge)/280)
				c = color.RGBA{mix(hill.R, 20, shade*0.6), mix(hill.G, 25, shade*0.6), mix(hill.B, 30, shade*0.6), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func (s *seeder) post(ctx context.Context, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return s.send(ctx, path, "application/json", bytes.NewReader(raw), into)
}

func (s *seeder) send(ctx context.Context, path, media string, body io.Reader, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address+path, body)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.Header.Set("Content-Type", media)
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s %s", path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
