package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// TransportSecurity is what a site that is reached by https says of itself
// (Strict-Transport-Security); the edge's configuration says the same of other answers.
const TransportSecurity = "max-age=63072000; includeSubDomains"

// headers are those of a page. What a page may load follows from what it declares: without
// scripts none runs, whatever is in the text.
func (f Frame) headers(v View) map[string]string {
	h := fixed("style-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'" + f.scripted(v) + f.upgraded())
	if strings.HasPrefix(f.SiteURL, "https://") {
		h["Strict-Transport-Security"] = TransportSecurity
	}
	if v.Status != 0 {
		h["Cache-Control"] = "no-store"
	}
	return h
}

// PageHeaders are the names of all headers that a page of View, Alone or a file of Assets may
// have beside its type and its entity tag.
func PageHeaders() []string {
	return slices.Sorted(maps.Keys(Frame{SiteURL: "https://"}.headers(View{Status: http.StatusNotFound})))
}

// scripted are the sources of pictures and of what scripts need. Every page may ask the site itself: programs that look at
// pages, as Lighthouse, ask for robots.txt in the page's name.
func (f Frame) scripted(v View) string {
	switch {
	case len(v.Scripts) > 0:
	case f.keyed():
		return "; script-src 'self'; img-src 'self'; connect-src 'self'"
	default:
		return "; img-src 'self'; connect-src 'self'"
	}
	storage := ""
	if u, err := url.Parse(f.Storage); err == nil && u.Host != "" {
		storage = " " + u.Scheme + "://" + u.Host
	}
	// blob: is a picture that somebody chose and did not upload yet.
	return "; script-src 'self'; worker-src 'self'; img-src 'self' blob:" + storage + "; connect-src 'self'" + storage
}

func (f Frame) upgraded() string {
	if strings.HasPrefix(f.SiteURL, "https://") {
		return "; upgrade-insecure-requests"
	}
	return ""
}

// fixed are the headers of every page, with what it may load beside nothing.
func fixed(sources string) map[string]string {
	return map[string]string{
		"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; " + sources,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
		"Referrer-Policy":              "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	}
}

// hashOf names an inline style in a Content-Security-Policy.
func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
