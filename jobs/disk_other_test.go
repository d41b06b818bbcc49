//go:build unix && !linux

package jobs_test

import "testing"

// smallDisk skips the test: small file systems are made on Linux only.
func smallDisk(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("small file systems are made on Linux only")
	return ""
}
