// Package seed fills an empty council with what its functions start with (function.Spec.Seed),
// through its API, as a person would.
package seed

import (
	"bytes"
	"cmp"
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
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

type seeder struct {
	address string
	token   string
}

// Council signs in at address as an admin and sows what the functions start with. It is for a
// council that has nothing: called twice, it writes everything twice.
func Council(ctx context.Context, specs []function.Spec, address, email, password string) error {
	var session struct {
		AccessToken string `json:"accessToken"`
	}
	s := &seeder{address: address}
	if err := s.post(ctx, "/v1/auth/sessions", map[string]any{"email": email, "password": password, "device": "seed"}, &session); err != nil {
		return err
	}
	s.token = session.AccessToken
	pictures := []string{}
	for i, name := range []string{"봄 축제.jpg", "간식 행사.jpg", "새내기 환영.jpg"} { // function.Ground.Pictures
		id, err := s.picture(ctx, name, i)
		if err != nil {
			return err
		}
		pictures = append(pictures, id)
	}
	ground := function.Ground{Now: time.Now().In(clock.Seoul).Truncate(time.Minute), Pictures: pictures}
	for _, spec := range specs {
		if spec.Seed == nil {
			continue
		}
		for i, sown := range spec.Seed(ground) {
			for name, value := range sown.Body {
				if value == ground.Now { // at once, also where functions start slowly: a minute ago would be refused
					sown.Body[name] = time.Now().In(clock.Seoul)
				}
			}
			if err := s.call(ctx, cmp.Or(sown.Method, http.MethodPost), sown.Path, sown.Body, nil); err != nil {
				return fmt.Errorf("number %d of what functions/%s/seed.go starts with: %w", i, spec.Name, err)
			}
		}
	}
	return nil
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
	err = s.send(ctx, http.MethodPost, "/v1/uploads/form", form.FormDataContentType(), body.Bytes(), &made)
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
	return s.call(ctx, http.MethodPost, path, body, into)
}

// call replaces whatever version there is.
func (s *seeder) call(ctx context.Context, method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return s.send(ctx, method, path, "application/json", raw, into)
}

// patience is how long a call comes again that is told to: a node that has just got all the pods of an environment to start takes its time.
const patience = 2 * time.Minute

// send does what a 503 says: it comes again. What it writes is written once, by its key.
func (s *seeder) send(ctx context.Context, method, path, media string, body []byte, into any) error {
	key, err := check.NewID()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for end := time.Now().Add(patience); ; {
		again, err := s.once(ctx, method, path, media, key, body, into)
		if again == 0 || time.Now().Add(again).After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

// once is one try, and after how long there may be another one.
func (s *seeder) once(ctx context.Context, method, path, media, key string, body []byte, into any) (again time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, method, s.address+path, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("If-Match", "*") // it has read nothing
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if response.StatusCode/100 != 2 {
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && response.StatusCode == http.StatusServiceUnavailable {
			again = time.Duration(seconds) * time.Second
		}
		return again, fmt.Errorf("%s: %s %s", path, response.Status, answer)
	}
	if into == nil {
		return 0, nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return 0, nil
}
