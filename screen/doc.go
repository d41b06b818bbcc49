// Package screen is the live screen of a queue: what runs, waits and fails, how full the channels are, and keys to do something
// about it.
//
// [Desk] reads and changes the queue, [Model] is what is seen and what keys do, and [Run] brings both to a terminal.
package screen
