# Short names for the commands that README.md, CONTRIBUTING.md and .ci/run spell out.
PREFIX ?= $(HOME)/.local

.PHONY: build cover test lint fmt generate docs ci install uninstall release clean

build:
	go build -o connector .

test:
	go test ./...

lint:
	.ci/run format vet lint

fmt:
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

# What is made of the sources: pages, schemas, the example state, and the Go blocks of the docs.
generate:
	go generate ./...
	go test ./docs -run GoBlocks -update

# The site at http://127.0.0.1:8000, anew with each change.
docs:
	.ci/run site-serve

# How much of cmd and config real runs see; the profile is in cover.out.
cover:
	COVER_PROFILE=$(CURDIR)/cover.out .ci/run cover

ci:
	.ci/run

# The program with its completions; `make install PREFIX=/usr/local` for everybody.
install: build
	install -D -m 755 connector $(DESTDIR)$(PREFIX)/bin/connector
	./connector completion bash >connector.completion
	install -D -m 644 connector.completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/connector
	./connector completion zsh >connector.completion
	install -D -m 644 connector.completion $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_connector
	./connector completion fish >connector.completion
	install -D -m 644 connector.completion $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/connector.fish
	rm -f connector.completion
	./connector man $(DESTDIR)$(PREFIX)/share/man/man1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/connector $(DESTDIR)$(PREFIX)/share/bash-completion/completions/connector \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_connector $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/connector.fish \
	  $(DESTDIR)$(PREFIX)/share/man/man1/connector*.1

# Archives, sums and SBOMs in dist/: `make release VERSION=1.2.0`.
release:
	deploy/release.sh $(VERSION)

clean:
	rm -rf connector connector.completion cover.out dist site
