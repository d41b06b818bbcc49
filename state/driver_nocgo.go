//go:build !cgo

package state

import "context"

// SQLite is written in C: without a C compiler there is no state.db, and so no connector. Rather than a program that
// fails when it is first used, such a build ends here. Install gcc or clang (Debian, Ubuntu: apt install gcc; Fedora:
// dnf install gcc; Alpine: apk add gcc musl-dev; macOS: xcode-select --install) and build with CGO_ENABLED=1.
const driverName = connector_needs_SQLite_which_needs_a_C_compiler___install_gcc_or_clang_and_build_with_CGO_ENABLED_1

func classify(error) string { return "" }

func onlineBackup(context.Context, any, any, func(done, all int)) error { return nil }

func fewArenas() {}

func isSQLiteUnique(error) bool { return false }

// SQLiteVersion is unknown without cgo, with which the program does not build anyway.
func SQLiteVersion() string { return "" }
