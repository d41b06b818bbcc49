package jobs_test

import (
	"os"
	"testing"

	"github.com/odoo-connector/connector/state/statetest"
)

func TestMain(m *testing.M) { os.Exit(statetest.Main(m)) }
