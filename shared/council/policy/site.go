package policy

import "github.com/madang-council/madang/shared/problem"

// SiteName is the domain of Site.
const SiteName = "site"

// SiteTag is the tag of what Site changes: every page.
const SiteTag = AllTag + ":" + SiteName

// BannerLimit is how long the line above every page may be, in characters: two lines of a telephone.
const BannerLimit = 80

// Site are the council's switches for the whole site, which the host obeys.
type Site struct {
	ReadOnly bool     // nothing is written but signing in and out, leaving, and policies
	Off      []string // functions that are switched off, by name; unknown ones switch nothing
	Banner   string   // a line above every page
	BannerEN string   // the same in English; empty: in Korean
	// Functions are those that can be switched off, for who sets it; nil takes any, for who
	// reads it: a function that there no longer is does not switch the others on.
	Functions []Option
}

// Policies says what they are.
func (s *Site) Policies() Domain {
	return Domain{
		Name:  SiteName,
		Label: problem.Text{KO: "홈페이지 전체", EN: "The whole site"},
		Help:  problem.Text{KO: "저장하면 곧바로 모든 사람에게 적용됩니다.", EN: "It holds for everybody as soon as it is saved."},
		Items: []Item{
			{
				Name: "readOnly", Value: Switch{To: &s.ReadOnly},
				Label: problem.Text{KO: "읽기만 하기", EN: "Read-only"},
				Help: problem.Text{
					KO: "켜 두는 동안에는 아무도 글을 쓰거나 고칠 수 없어요. 로그인과 로그아웃, 탈퇴, 이 화면만 그대로 됩니다.",
					EN: "While it is on nobody can write or change anything, but for signing in and out, leaving, and this page.",
				},
			},
			{
				Name: "off", Value: Names{To: &s.Off, Of: s.Functions},
				Label: problem.Text{KO: "닫아 둘 기능", EN: "Functions that are closed"},
				Help: problem.Text{
					KO: "닫은 기능은 메뉴에서 사라지고 그 페이지를 열 수 없어요. 내 정보를 내려받고 탈퇴하는 일은 그대로 됩니다. 다시 열면 전부 그대로 있어요.",
					EN: "What is closed leaves the menus, and its pages cannot be opened. Exporting one's own data and leaving still work. Nothing is lost.",
				},
			},
			{
				Name: "banner", Value: Line{To: &s.Banner, Limit: BannerLimit},
				Label: problem.Text{KO: "모든 페이지 위의 한 줄", EN: "Line above every page"},
				Help:  problem.Text{KO: "점검 시간처럼 모두가 알아야 하지만 급하지는 않은 일. 비워 두면 보이지 않아요.", EN: "What everybody should know and is not urgent, as when the site is maintained. Not shown while empty."},
			},
			{
				Name: "bannerEn", Value: Line{To: &s.BannerEN, Limit: BannerLimit + 40},
				Label: problem.Text{KO: "그 줄의 영어", EN: "That line in English"},
				Help:  problem.Text{KO: "비워 두면 영어 페이지에도 한국어로 보여요.", EN: "While empty, English pages show it in Korean."},
			},
		},
	}
}
