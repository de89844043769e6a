// Command hello is a bare Echo function: what the functions are measured beside.
package main

import (
	"net/http"
	"os"

	"github.com/labstack/echo/v4"
)

func main() {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	hello := func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }
	e.GET("/readyz", hello)
	e.GET("/hello", hello)
	e.Logger.Fatal(e.Start("127.0.0.1:" + os.Getenv("PORT")))
}
