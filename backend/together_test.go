package backend_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/odoo-connector/connector/backend"
)

func TestTogether(t *testing.T) {
	t.Run("Ensure all are done, so many at the same time at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for most, steps := range map[int]int{0: 7, 1: 7, 2: 4, 3: 3, 7: 1, 100: 1} {
				var mu sync.Mutex
				var done []int
				begun := time.Now()
				err := backend.Together(most, 7, func(i int) error {
					time.Sleep(time.Second) // of the test's own time
					mu.Lock()
					defer mu.Unlock()
					done = append(done, i)
					return nil
				})
				slices.Sort(done)
				if took := int(time.Since(begun) / time.Second); err != nil || took != steps || !slices.Equal(done, []int{0, 1, 2, 3, 4, 5, 6}) {
					t.Errorf("%d at most: %d steps, did %v, %v", most, took, done, err)
				}
			}
		})
	})
	t.Run("Ensure nothing is begun after a failure, and the first by number is told", func(t *testing.T) {
		var begun []int
		err := backend.Together(1, 5, func(i int) error {
			begun = append(begun, i)
			if i >= 2 {
				return fmt.Errorf("number %d", i)
			}
			return nil
		})
		if err == nil || err.Error() != "number 2" || !slices.Equal(begun, []int{0, 1, 2}) {
			t.Errorf("began %v, %v", begun, err)
		}
		if err := backend.Together(4, 0, func(int) error { return errors.New("done for nothing") }); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a panic is the caller's", func(t *testing.T) {
		defer func() {
			if v := recover(); v != "out of its mind" {
				t.Errorf("panicked with %v", v)
			}
		}()
		_ = backend.Together(3, 3, func(i int) error {
			if i == 2 {
				panic("out of its mind")
			}
			return nil
		})
		t.Error("nobody panicked")
	})
}
