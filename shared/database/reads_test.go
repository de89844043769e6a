package database

import "testing"

// What returns rows of what it writes is no reading.
func TestReads(t *testing.T) {
	for query, want := range map[string]bool{
		"SELECT 1": true, "\n\t\tSELECT id FROM members": true,
		"DELETE FROM mail_codes WHERE id = $1 RETURNING id": false, "INSERT INTO members (id) VALUES ($1) RETURNING id": false,
		"UPDATE members SET version = 2 RETURNING version": false, "WITH gone AS (DELETE FROM members RETURNING id) SELECT id FROM gone": false,
	} {
		if reads(query) != want {
			t.Errorf("%s: %t", query, !want)
		}
	}
}
