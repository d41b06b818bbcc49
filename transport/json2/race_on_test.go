//go:build race

package json2_test

const raceDetector = true
