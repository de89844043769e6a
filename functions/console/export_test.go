package console

// Labels are the names of the details that the log knows.
func Labels() []string {
	names := []string{}
	for _, l := range labels() {
		names = append(names, l.name)
	}
	return names
}
