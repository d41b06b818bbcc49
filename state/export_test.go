package state

import "time"

// AwaitWaiting returns when another transaction waits for the writer's connection.
func AwaitWaiting(db *DB) {
	for db.waiting.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
}
