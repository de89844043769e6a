package release

import (
	"fmt"
	"regexp"

	"sigs.k8s.io/yaml"
)

// Images are what is to run, by function, each by digest.
type Images struct {
	Functions map[string]string `json:"functions"`
	Migrate   string            `json:"migrate"`
}

var digest = regexp.MustCompile(`^[^\s@]+@sha256:[0-9a-f]{64}$`)

// ParseImages reads the file that publishing writes, which is also a values file of the
// chart: `images: {functions: {notices: registry/notices@sha256:…}, migrate: …}`. An
// image without digest is refused: its Revision could not be told from another's.
func ParseImages(file []byte) (Images, error) {
	var values struct {
		Images Images `json:"images"`
	}
	if err := yaml.Unmarshal(file, &values); err != nil {
		return Images{}, fmt.Errorf("images: %w", err)
	}
	if len(values.Images.Functions) == 0 {
		return Images{}, fmt.Errorf("images: no images.functions")
	}
	for name, image := range values.Images.Functions {
		if !digest.MatchString(image) {
			return Images{}, fmt.Errorf("images: %s: %q has no digest", name, image)
		}
	}
	if m := values.Images.Migrate; m != "" && !digest.MatchString(m) {
		return Images{}, fmt.Errorf("images: migrate: %q has no digest", m)
	}
	return values.Images, nil
}
