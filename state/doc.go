// Package state keeps what the connector must remember between two runs in one SQLite file, state.db: binding records,
// the job queue, the pollers' positions and what waits for a person's review.
//
// It opens the file, brings its schema up to date, hands out transactions and tells the time; what the rows mean is the
// business of the packages that write them. Four decisions are made here once, for all of them:
//
//   - One connection writes, a pool of others reads. A transaction that writes takes the write lock at its beginning
//     (BEGIN IMMEDIATE): a deferred one that reads first and writes later fails with "database is locked" as soon as
//     another writer came between. Readers have a DSN of their own, since go-sqlite3 ignores sql.TxOptions.ReadOnly and
//     would take the write lock for them too.
//   - The journal is a write-ahead log, synced at checkpoints (synchronous=NORMAL): after a power cut the last commits
//     may be gone, but the file is whole. [DB.WriteDurable] syncs its own commit, for what must be on the disk before
//     the world hears of it. The mode is switched between transactions; inside one it would have no effect.
//   - A transaction that began runs to its end: cancelling the context keeps one from beginning, and never tears one.
//   - Instants are integer microseconds since 1970 ([Micros], [FromMicros]), JSON is text, and the SQL stays in what
//     SQLite and PostgreSQL share.
package state
