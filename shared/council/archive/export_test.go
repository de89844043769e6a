package archive

import "context"

// InMemory is how many bytes of texts the manifest of everybody's year holds.
func (s Reader) InMemory(ctx context.Context, year int) (n int, err error) {
	list, err := s.manifests(ctx, year, Audiences())
	for _, m := range list {
		for _, e := range m.entries {
			n += len(e.text)
		}
	}
	return n, err
}
