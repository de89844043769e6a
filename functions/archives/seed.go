package archives

import (
	"fmt"
	"strconv"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
)

// seed is what units of the laptop were to submit, and what some of them did.
func seed(ground function.Ground) []function.Seed {
	year := ground.Now.Year()
	list := []function.Seed{}
	for _, c := range []map[string]any{
		{"id": "settlement", "name": "결산", "nameEn": "Settlements", "audience": "public", "rhythm": "quarter"},
		{"id": "budget", "name": "예산", "nameEn": "Budgets", "audience": "public", "rhythm": "year"},
		{"id": "audit", "name": "감사 보고", "nameEn": "Audit reports", "audience": "public", "rhythm": "half", "units": []string{"감사"}},
		{"id": "evidence", "name": "증빙", "nameEn": "Receipts", "audience": "council", "rhythm": "none"},
	} {
		path := fmt.Sprintf("/v1/admin/archives/categories/%s", c["id"])
		delete(c, "id")
		c["year"] = strconv.Itoa(year)
		list = append(list, function.Seed{Method: "PUT", Path: path, Body: c})
	}
	const table = "항목,예산,집행,잔액\n축제·행사,12000000,11400000,600000\n복지·간식,6000000,5120000,880000\n단과대 교부,5000000,5000000,0\n회의·인쇄,1500000,890000,610000\n합계,24500000,22410000,2090000\n"
	for _, v := range []struct {
		unit   string
		period archive.Period
	}{
		{"총학", archive.Quarterly.Periods(year)[0]}, {"총학", archive.Quarterly.Periods(year)[1]}, {"총학", archive.Quarterly.Periods(year)[2]},
		{"감사", archive.Quarterly.Periods(year)[0]}, {"감사", archive.Quarterly.Periods(year)[1]}, {"동연", archive.Quarterly.Periods(year)[0]},
	} {
		list = append(list, function.Seed{Path: "/v1/archives", Body: map[string]any{
			"unit": v.unit, "category": "settlement", "period": string(v.period), "title": v.unit + " " + v.period.Name().KO + " 결산서", "summary": "분기 결산과 항목별 집행입니다.", "table": table, "publish": true,
		}})
	}
	return list
}
