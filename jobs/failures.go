package jobs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/odoo-connector/connector/state"
)

// FailureKind is a number of failed jobs whose failures are of one kind: the same but for ids, numbers and names.
type FailureKind struct {
	Name    string // kind of the error, e.g. "odoo.Fault"
	Pattern string // message in which "…" stands for what differs; as [Filter.Error] takes it, with "^" and "$"
	Count   int
	First   Failure // the earliest of them
	Last    Failure
}

// Failure is one failed job.
type Failure struct {
	ID          int64
	Backend     string
	Description string
	Finished    time.Time
	Message     string
}

// Filter selects the jobs of this kind; and those of a narrower one, whose messages differ in no more than what fills the gaps.
func (k FailureKind) Filter() Filter {
	f := Filter{States: []State{StateFailed}, Kind: k.Name}
	if k.Pattern != "" && k.Pattern != ErrorWildcard {
		f.Error = "^" + k.Pattern + "$"
	}
	return f
}

// maxKinds is how many kinds of failures are told apart; what comes after that is of one more kind.
const maxKinds = 1000

// Failures groups the failed jobs that a filter selects by the kind of their failure, the most frequent first; its States,
// Sort and pages don't count. Where there are more than a thousand kinds the rest is one kind without a name. An unusable
// filter gives a *FilterError.
func (q *Queue) Failures(ctx context.Context, f Filter) ([]FailureKind, error) {
	f.States = []State{StateFailed}
	all, err := f.alternatives()
	if err != nil {
		return nil, fmt.Errorf("group failures: %w", err)
	}
	kinds := map[[2]string]*FailureKind{}
	for _, c := range all {
		query := "SELECT id, backend, description, finished, exc_name, exc_message FROM job" + c.String() + " ORDER BY finished, id"
		err := each(ctx, q.db.Read(), query, c.args, func(rows scanner) error {
			var one Failure
			var name string
			var finished int64
			err := rows.Scan(&one.ID, &one.Backend, &one.Description, &finished, &name, &one.Message)
			one.Finished = state.FromMicros(finished)
			kindIn(kinds, name, Fold(one.Message)).take(one)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("group failures: %w", q.db.Explain(err))
		}
	}
	list := make([]FailureKind, 0, len(kinds))
	for _, k := range slices.SortedFunc(maps.Values(kinds), compareKinds) {
		list = append(list, *k)
	}
	return list, nil
}

func compareKinds(a, b *FailureKind) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Finished.Compare(a.Last.Finished), cmp.Compare(a.First.ID, b.First.ID))
}

func kindIn(kinds map[[2]string]*FailureKind, name, pattern string) *FailureKind {
	key := [2]string{name, pattern}
	if kinds[key] == nil && len(kinds) >= maxKinds {
		key = [2]string{"", ErrorWildcard}
	}
	if kinds[key] == nil {
		kinds[key] = &FailureKind{Name: key[0], Pattern: key[1]}
	}
	return kinds[key]
}

func (k *FailureKind) take(one Failure) {
	if k.Count == 0 {
		k.First = one
	}
	k.Last = one
	k.Count++
}

// Fold gives the kind of a message: "…" ([ErrorWildcard]) takes the place of what stands in quotes, and of words that are numbers,
// ids or hashes. Line breaks, runs of blanks, and what a long message goes on with are such places, too.
func Fold(message string) string {
	var b strings.Builder
	previous := ' '
	message = strings.ToValidUTF8(message, "\uFFFD")
	if r := []rune(message); len(r) > foldedLength {
		message = string(r[:foldedLength]) + ErrorWildcard
	}
	for rest := strings.TrimSpace(message); rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch end := quoteEnd(rest, previous); {
		case end > 0:
			b.WriteString(string(r) + ErrorWildcard)
			rest = rest[end:]
			previous, _ = utf8.DecodeRuneInString(rest)
			b.WriteRune(previous)
			rest = rest[utf8.RuneLen(previous):]
			continue
		case isWord(r):
			word := rest[:wordEnd(rest)]
			b.WriteString(foldWord(word))
			rest, previous = rest[len(word):], 'x'
			continue
		case unicode.IsSpace(r):
			blanks := rest[:len(rest)-len(strings.TrimLeftFunc(rest, unicode.IsSpace))]
			if blanks == " " {
				b.WriteString(blanks)
			} else {
				b.WriteString(ErrorWildcard)
			}
			rest, previous = rest[len(blanks):], ' '
			continue
		}
		b.WriteRune(r)
		rest, previous = rest[size:], r
	}
	return joinGaps(b.String())
}

// foldedLength is how many characters of a message its kind is made of.
const foldedLength = 500

// quoteEnd gives where the quotes that a text begins with end: the index of the closing one. 0: it begins with none, or they
// don't end. What follows a letter is an apostrophe.
func quoteEnd(text string, previous rune) int {
	closing, isQuote := map[rune]rune{'\'': '\'', '"': '"', '`': '`', '“': '”', '‘': '’', '«': '»', '„': '“'}[first(text)]
	if !isQuote || isWord(previous) {
		return 0
	}
	at := utf8.RuneLen(first(text))
	for i, r := range text[at:] {
		after := text[at+i+utf8.RuneLen(r):]
		if r == closing && i > 0 && !isWord(first(after)) {
			return at + i
		}
	}
	return 0
}

// first is the first character of a text, a blank where there is none.
func first(text string) rune {
	if text == "" {
		return ' '
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func wordEnd(text string) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isWord(r) }); end >= 0 {
		return end
	}
	return len(text)
}

// The lengths from which on words with digits are taken for hashes and ids.
const (
	shortHash = 7  // hexadecimal digits alone
	shortID   = 16 // letters and digits
)

// foldWord folds a number, with its unit if it has one, a hash and a long id; other words, such as x2many, stay.
func foldWord(word string) string {
	digits := strings.IndexFunc(word, unicode.IsDigit)
	switch {
	case digits < 0:
		return word
	case digits == 0 && !isHash(word): // 30, 30s
		unit := strings.TrimLeftFunc(word, unicode.IsDigit)
		if strings.ContainsFunc(unit, unicode.IsDigit) {
			return ErrorWildcard
		}
		return ErrorWildcard + unit
	case isHash(word), len(word) >= shortID:
		return ErrorWildcard
	}
	return word
}

func isHash(word string) bool {
	return len(word) >= shortHash && strings.Trim(strings.ToLower(word), "0123456789abcdef") == ""
}

// joinGaps makes one gap of those that only punctuation of numbers and lists divides: 1.5, 1, 2, 3, 2026-03-02 08:00.
func joinGaps(text string) string {
	for _, between := range []string{".", "-", ":", "/", ", ", " ", "", ","} {
		gap := ErrorWildcard + between + ErrorWildcard
		for strings.Contains(text, gap) {
			text = strings.ReplaceAll(text, gap, ErrorWildcard)
		}
	}
	return text
}
