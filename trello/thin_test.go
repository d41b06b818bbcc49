//go:build !race

package trello_test

const raced = false
