// Package state keeps what the connector must remember between two runs: binding records, the job queue, the pollers'
// positions and what waits for a person's review. It lives in one SQLite file, state.db, or in one schema of a PostgreSQL
// database, where several machines share it.
//
// It opens the state, brings its schema up to date, hands out transactions and tells the time; what the rows mean is the
// business of the packages that write them. These decisions are made here once, for all of them:
//
//   - One transaction writes at a time. On SQLite one connection of each process writes, a pool of others reads; a
//     transaction that writes takes the write lock at its beginning (BEGIN IMMEDIATE): a deferred one that reads first and
//     writes later fails with "database is locked" as soon as another writer came between. On PostgreSQL it waits for an
//     advisory lock before it reads anything. So what is right on the one is right on the other.
//   - SQLite's journal is a write-ahead log, synced at checkpoints (synchronous=NORMAL): after a power cut the last
//     commits may be gone, but the file is whole. [DB.WriteDurable] syncs its own commit, for what must be on the disk
//     before the world hears of it. On PostgreSQL every transaction is on the disk when it returns, as a server can fall
//     while its clients live, and they would believe what it has forgotten.
//   - A transaction that began runs to its end: cancelling the context keeps one from beginning, and never tears one.
//   - Instants are integer microseconds since 1970 ([Micros], [FromMicros]), JSON is text, and the SQL stays in what
//     SQLite and PostgreSQL share; [Dialect] has the few words that they don't.
package state
