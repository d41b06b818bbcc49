//go:build race

package xmlrpc_test

const raceDetector = true
