//go:build race

package trello_test

// raced says that the race detector is at work, which makes everything several times slower.
const raced = true
