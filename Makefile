# Short names for the commands that README.md and .ci/run spell out.
.PHONY: build test lint ci

build:
	go build -o connector .

test:
	go test ./...

lint:
	.ci/run format vet lint

ci:
	.ci/run
