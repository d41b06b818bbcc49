package config

// FillSecrets is the backend with the given texts as the secrets of its settings, by key: what a sandbox hands out in the place of
// what the file would say. Keys that the settings don't have are left alone. The backend given keeps its settings.
func FillSecrets(b Backend, texts map[string]string) Backend {
	if b.Settings == nil {
		return b
	}
	b.Settings = copyOf(b.Settings)
	for _, f := range settingFields(b.Settings) {
		if s, ok := f.value.Addr().Interface().(*Secret); ok {
			if text, given := texts[f.key]; given {
				*s = PlainSecret(text)
			}
		}
	}
	return b
}
