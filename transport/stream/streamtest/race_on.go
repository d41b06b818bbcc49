//go:build race

package streamtest

// RaceDetector says whether this is a run under the race detector, which is slow and
// keeps memory of its own.
const RaceDetector = true
