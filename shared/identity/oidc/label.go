package oidc

import "github.com/madang-council/madang/shared/problem"

// Label is how people know an issuer.
func Label(name string) problem.Text {
	if known, ok := map[string]problem.Text{"kakao": {KO: "카카오", EN: "Kakao"}, "google": {KO: "Google", EN: "Google"}, "naver": {KO: "네이버", EN: "Naver"}, "apple": {KO: "Apple", EN: "Apple"}}[name]; ok {
		return known
	}
	return problem.Text{KO: name, EN: name}
}
