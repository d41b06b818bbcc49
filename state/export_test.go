package state

import "time"

// AwaitWaiting returns when another transaction waits for the writer's connection.
func AwaitWaiting(db *DB) {
	for db.waiting.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
}

// AwaitBeginning returns when a transaction has the writer's connection, on which it waits for the lock.
func AwaitBeginning(db *DB) {
	for db.writer.Stats().InUse == 0 {
		time.Sleep(time.Millisecond)
	}
}
