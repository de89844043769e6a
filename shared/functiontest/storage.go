package functiontest

import "testing"

func (a *App) startStorage(t testing.TB) { t.Helper() }
