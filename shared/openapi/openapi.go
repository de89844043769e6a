// Package openapi writes API documents (OpenAPI 3.1) from functions' typed operations. Only
// the generator and tests link it.
package openapi

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
)

// The ways in which a caller says who they are.
const (
	bearer = "bearer"
	cookie = "cookie"
)

// Document describes the public operations of one function; nil where it has none.
func Document(spec function.Spec) ([]byte, error) {
	if len(Routes(spec)) == 0 {
		return nil, nil
	}
	return describe("Madang: "+spec.Name, spec.Doc, spec)
}

// Joined describes those of all functions as one document.
func Joined(specs []function.Spec) ([]byte, error) {
	return describe("Madang", "마당: 총학생회 홈페이지의 API.", specs...)
}

// Routes are the operations of a function that documents have: its public ones for
// programs.
func Routes(spec function.Spec) []function.Route {
	return slices.DeleteFunc(spec.Build(function.Deps{}).Routes, func(r function.Route) bool { return r.Internal || r.HTML })
}

func describe(title, doc string, specs ...function.Spec) ([]byte, error) {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle(title).WithVersion("1").WithDescription(doc + " Times are shown in Seoul (+09:00). Errors are RFC 9457 problem documents with a frozen code.")
	r.Spec.SetHTTPBearerTokenSecurity(bearer, "opaque", "The access token that /v1/auth/sessions gave.")
	r.Spec.SetAPIKeySecurity(cookie, auth.AccessCookie, openapi.InCookie, "What a browser got by signing in. Beside safe methods it counts only in requests of the site's own pages.")
	names := namer{}
	r.DefaultOptions = append(r.DefaultOptions, jsonschema.InterceptDefName(names.name), jsonschema.InterceptProp(required),
		jsonschema.InterceptNullability(func(p jsonschema.InterceptNullabilityParams) {
			if p.Type != nil && p.Type.Kind() == reflect.Slice { // the product always answers [], never null
				p.Schema.RemoveType(jsonschema.Null)
			}
		}),
		jsonschema.InterceptSchema(func(p jsonschema.InterceptSchemaParams) (bool, error) {
			file := p.Value.IsValid() && p.Value.Type() == reflect.TypeFor[function.File]()
			if file {
				p.Schema.WithType(jsonschema.String.Type()).WithFormat("binary")
			}
			return file, nil
		}))
	if _, err := r.Reflect(host.Document{}, jsonschema.RootRef, jsonschema.DefinitionsPrefix(schemas), jsonschema.CollectDefinitions(collect(r))); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	for _, spec := range specs {
		for _, route := range Routes(spec) {
			if err := add(r, spec, route); err != nil {
				return nil, fmt.Errorf("%s %s: %w", route.Method, route.Path, err)
			}
		}
	}
	if err := names.err(); err != nil {
		return nil, err
	}
	document, err := r.Spec.MarshalYAML()
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return document, nil
}

const schemas = "#/components/schemas/"

func collect(r *openapi31.Reflector) func(string, jsonschema.Schema) {
	return func(name string, s jsonschema.Schema) {
		if simple, err := s.ToSchemaOrBool().ToSimpleMap(); err == nil { // a schema that was reflected is a map
			r.Spec.ComponentsEns().WithSchemasItem(name, simple)
		}
	}
}

// namer gives schemas names, and remembers whose each is.
type namer map[string][]reflect.Type

// name is the function's package and the type, as NoticesEntry; of a generic type the
// argument and the type, as NoticesEntryPage.
func (n namer) name(t reflect.Type, _ string) string {
	name := nameOf(t.PkgPath(), t.Name())
	if !slices.Contains(n[name], t) {
		n[name] = append(n[name], t)
	}
	return name
}

func (n namer) err() error {
	for name, types := range n {
		if len(types) > 1 {
			return fmt.Errorf("openapi: %v are all called %s: rename all but one of them", types, name)
		}
	}
	return nil
}

func nameOf(path, name string) string {
	if generic, argument, ok := strings.Cut(name, "["); ok {
		argument = strings.TrimSuffix(argument, "]")
		at := strings.LastIndex(argument, ".")
		return nameOf(argument[:max(at, 0)], argument[at+1:]) + generic
	}
	switch pkg := path[strings.LastIndex(path, "/")+1:]; {
	case pkg == "host" && strings.HasPrefix(name, "Document"):
		return "Problem" + strings.TrimPrefix(name, "Document")
	default:
		return upper(pkg) + upper(name)
	}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// required marks what is always there: every property but those with omitempty. Of a
// request, functiontest sees to it that what was left out has omitempty.
func required(p jsonschema.InterceptPropParams) error {
	name, options, _ := strings.Cut(p.Field.Tag.Get("json"), ",")
	if p.Processed && name == p.Name && !strings.Contains(options, "omit") && !slices.Contains(p.ParentSchema.Required, name) {
		p.ParentSchema.Required = append(p.ParentSchema.Required, name)
	}
	return nil
}

func add(r *openapi31.Reflector, spec function.Spec, route function.Route) error {
	oc, err := r.NewOperationContext(route.Method, route.Path)
	if err != nil {
		return fmt.Errorf("openapi: %w", err)
	}
	oc.SetTags(spec.Name)
	oc.SetSummary(route.Doc)
	oc.SetID(operationID(route))
	if len(route.Do.Inputs) > 0 {
		oc.AddReqStructure(route.Do.Request)
	}
	if route.Access.String() != "anyone" {
		oc.SetDescription("Who: " + route.Access.String() + ".")
		oc.AddSecurity(bearer)
		oc.AddSecurity(cookie)
	}
	if _, plain := body(route); plain {
		oc.AddRespStructure(route.Do.Response, openapi.WithHTTPStatus(Status(route)))
	} else {
		oc.AddRespStructure(nil, openapi.WithHTTPStatus(Status(route)))
	}
	if host.Idempotent(route) {
		oc.AddReqStructure(struct {
			Key string `header:"Idempotency-Key" description:"At most 255 bytes, chosen by the caller: the same request under it again is answered as before, for 24 hours."`
		}{})
	}
	operation := oc.(openapi31.OperationExposer).Operation() //nolint:forcetypeassert // as the library documents
	if err := addBody(r, operation, route); err != nil {
		return fmt.Errorf("openapi: %w", err)
	}
	addRefusals(r, operation, route)
	if err := r.AddOperation(oc); err != nil {
		return fmt.Errorf("openapi: %w", err)
	}
	addFile(operation, route)
	finish(operation)
	return nil
}

// addFile describes an answer that is a file.
func addFile(operation *openapi31.Operation, route function.Route) {
	file, is := route.Do.Response.(function.OfOneType)
	if !is {
		file, is = reflect.New(reflect.TypeOf(route.Do.Response)).Interface().(function.OfOneType)
	}
	if !is {
		return
	}
	schema := map[string]any{"type": "string", "format": "binary"}
	operation.ResponsesEns().MapOfResponseOrReferenceValues[strconv.Itoa(Status(route))].Response.WithContentItem(file.MediaType(), openapi31.MediaType{Schema: schema})
}

// addBody describes the bodies that the library does not: of DELETE, and streams.
func addBody(r *openapi31.Reflector, operation *openapi31.Operation, route function.Route) error {
	reflected := func(v any) (map[string]any, error) {
		s, err := r.Reflect(v, jsonschema.RootRef, jsonschema.DefinitionsPrefix(schemas), jsonschema.CollectDefinitions(collect(r)))
		if err != nil {
			return nil, err
		}
		return s.ToSchemaOrBool().ToSimpleMap()
	}
	for _, f := range route.Do.Inputs {
		var media string
		var content any
		switch {
		case f.In == function.Stream:
			media = f.Name
			if form, ok := route.Do.Request.(function.Formed); ok {
				content = form.Form()
			}
		case f.In == function.InJSON && route.Method == http.MethodDelete:
			media, content = "application/json", route.Do.Request
		default:
			continue
		}
		schema := map[string]any{"type": "string"}
		if content != nil {
			var err error
			if schema, err = reflected(content); err != nil {
				return err
			}
		}
		operation.RequestBodyEns().RequestBodyEns().WithContentItem(media, openapi31.MediaType{Schema: schema})
		return nil
	}
	return nil
}

// addRefusals adds the problems of a route: for each status a response that says its codes.
func addRefusals(r *openapi31.Reflector, operation *openapi31.Operation, route function.Route) {
	byStatus := map[int][]string{}
	for kind, codes := range host.Refusals(route) {
		byStatus[host.StatusOf(kind)] = append(byStatus[host.StatusOf(kind)], codes...)
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		codes := slices.Sorted(slices.Values(byStatus[status]))
		name := strconv.Itoa(status) + "." + strings.Join(codes, ".")
		r.Spec.ComponentsEns().WithResponsesItem(name, openapi31.ResponseOrReference{Response: (&openapi31.Response{}).
			WithDescription(http.StatusText(status)+": "+strings.Join(codes, ", ")+".").
			WithContentItem("application/problem+json", openapi31.MediaType{Schema: map[string]any{"allOf": []any{
				map[string]any{"$ref": schemas + "Problem"},
				map[string]any{"properties": map[string]any{"code": map[string]any{"enum": codes}}},
			}}})})
		operation.ResponsesEns().WithMapOfResponseOrReferenceValuesItem(strconv.Itoa(status), openapi31.ResponseOrReference{
			Reference: &openapi31.Reference{Ref: "#/components/responses/" + name},
		})
	}
}

// finish says what the library cannot know: a body that is described must be there, as must
// the version that an edit starts from; and nothing in an address is null.
func finish(operation *openapi31.Operation) {
	if operation.RequestBody != nil && operation.RequestBody.RequestBody != nil {
		operation.RequestBody.RequestBody.WithRequired(true)
	}
	for _, p := range operation.Parameters {
		delete(p.Parameter.Schema, "description") // it stands beside the schema
		if types, ok := p.Parameter.Schema["type"].([]any); ok {
			types = slices.DeleteFunc(types, func(t any) bool { return t == "null" })
			p.Parameter.Schema["type"] = types
			if len(types) == 1 {
				p.Parameter.Schema["type"] = types[0]
			}
		}
		if p.Parameter.Name == "If-Match" {
			p.Parameter.WithRequired(true)
		}
	}
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
