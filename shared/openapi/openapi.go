// Package openapi writes the API document (OpenAPI 3.1) from functions' typed operations.
// Only the generator and tests link it.
package openapi

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
)

// Document describes the public operations of functions.
func Document(specs []function.Spec) ([]byte, error) {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle("Madang").WithVersion("1").WithDescription("마당: 총학생회 누리집의 API. Times are shown in Seoul (+09:00). Errors are RFC 9457 problem documents with a frozen code.")
	r.Spec.SetHTTPBearerTokenSecurity("bearer", "opaque", "The access token that /v1/auth/sessions gave.")
	r.DefaultOptions = append(r.DefaultOptions, jsonschema.InterceptDefName(definition), jsonschema.InterceptNullability(func(p jsonschema.InterceptNullabilityParams) {
		if p.Type != nil && p.Type.Kind() == reflect.Slice { // the product always answers [], never null
			p.Schema.RemoveType(jsonschema.Null)
		}
	}))
	for _, spec := range specs {
		for _, route := range spec.Build(function.Deps{Settings: function.Settings{}}).Routes {
			if route.Internal || route.HTML {
				continue
			}
			if err := add(r, spec, route); err != nil {
				return nil, fmt.Errorf("%s %s: %w", route.Method, route.Path, err)
			}
		}
	}
	document, err := r.Spec.MarshalYAML()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return document, nil
}

// definition names a schema: the function's package and the type.
func definition(t reflect.Type, name string) string {
	if t.PkgPath() == "" {
		return name
	}
	pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
	return strings.ToUpper(pkg[:1]) + pkg[1:] + strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
}

func add(r *openapi31.Reflector, spec function.Spec, route function.Route) error {
	oc, err := r.NewOperationContext(route.Method, route.Path)
	if err != nil {
		return fmt.Errorf("openapi: %w", err)
	}
	oc.SetTags(spec.Name)
	oc.SetSummary(route.Doc)
	oc.SetID(operationID(route))
	if t := reflect.TypeOf(route.Do.Request); t.NumField() > 0 {
		oc.AddReqStructure(route.Do.Request)
	}
	if route.Access.String() != "anyone" {
		oc.SetDescription("Who: " + route.Access.String() + ".")
		oc.AddSecurity("bearer")
	}
	status := Status(route)
	if _, plain := body(route); plain {
		oc.AddRespStructure(route.Do.Response, openapi.WithHTTPStatus(status))
	} else {
		oc.AddRespStructure(nil, openapi.WithHTTPStatus(status))
	}
	oc.AddRespStructure(host.Document{}, openapi.WithContentType("application/problem+json"), func(cu *openapi.ContentUnit) { cu.IsDefault = true })
	if err := r.AddOperation(oc); err != nil {
		return fmt.Errorf("openapi: %w", err)
	}
	return nil
}

// Status is the status of a route's success.
func Status(route function.Route) int {
	_, none := route.Do.Response.(function.None)
	switch d, redirect := route.Do.Response.(function.Redirect); {
	case route.Status != 0:
		return route.Status
	case redirect && d.Status != 0:
		return d.Status
	case redirect:
		return http.StatusFound
	case none:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

// body says whether the response is JSON.
func body(route function.Route) (any, bool) {
	if _, none := route.Do.Response.(function.None); none {
		return nil, false
	}
	if _, writes := route.Do.Response.(function.Writer); writes {
		return nil, false
	}
	if _, writes := reflect.New(reflect.TypeOf(route.Do.Response)).Interface().(function.Writer); writes {
		return nil, false
	}
	return route.Do.Response, true
}

// operationID is as "get_v1_notices_id".
func operationID(route function.Route) string {
	return strings.ToLower(route.Method) + strings.NewReplacer("/", "_", "{", "", "}", "", "-", "_", ".", "_").Replace(route.Path)
}
