package banners

import "github.com/madang-council/madang/shared/function"

// seed is two banners.
func seed(ground function.Ground) []function.Seed {
	return []function.Seed{
		{Path: "/v1/banners", Body: map[string]any{"unit": "총학", "image": ground.Pictures[0], "alt": "봄 대동제 마당: 운동장에서 사흘 동안", "link": "/notices?tag=%EC%B6%95%EC%A0%9C"}},
		{Path: "/v1/banners", Body: map[string]any{"unit": "총학", "image": ground.Pictures[2], "alt": "새내기 여러분, 마당에 온 것을 환영합니다", "link": "/notices?tag=%EC%83%88%EB%82%B4%EA%B8%B0"}},
	}
}
