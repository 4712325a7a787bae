# tapedeck: what one does with the source. `make help` lists it.
#
# All that is built goes to .build; `rm -rf .build` is all the cleaning there is.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
BINARY = .build/release/tapedeck
BENCHES = $(addprefix bench-,memory servers connections replay import files codecs micro)
# What `tapedeck --version` says it was built from; + where the source was changed since. Without git it leaves it out.
export TAPEDECK_COMMIT ?= $(shell git describe --always --exclude='*' --abbrev=10 --dirty=+ 2>/dev/null)

.PHONY: help demo build test lint docs install uninstall package soak bench $(BENCHES)

help:
	@echo 'make demo     see it work: builds, records Python clients, replays the recordings'
	@echo 'make build    the release binary, $(BINARY)'
	@echo 'make install  puts it into $$(DESTDIR)$$(PREFIX)/bin ($(DESTDIR)$(PREFIX)/bin), with manual pages and completions'
	@echo 'make package  a tarball and a Debian package of it, in .build/package'
	@echo 'make test     everything that CI runs'
	@echo 'make lint     the format alone'
	@echo 'make docs     the documentation of the source as a site, .build/documentation; a warning fails it'
	@echo 'make soak     a server that is left running, the tests many times over (ROUNDS=20) and under'
	@echo '              sanitizers, and the memory of long replays'
	@echo 'make bench    measures beside peers and writes BENCHMARKS.md, in some 25 minutes; one part alone, written'
	@echo '              nowhere: make bench-memory, bench-servers, bench-connections, bench-replay, bench-import,'
	@echo '              bench-files, bench-codecs, bench-micro; make bench QUICK=1 for a look in three minutes: one'
	@echo '              short round, fewer peers, no micro, nothing written'

demo:
	@SWIFT='$(SWIFT)' Scripts/demo.sh

build:
	@Scripts/install-needed.sh
	@SWIFT='$(SWIFT)' Scripts/build-release.sh

# Builds only where that was not done: `sudo make install` need not find a compiler.
install:
	@[ -x $(BINARY) ] || $(MAKE) build
	@Scripts/install.sh $(BINARY) '$(DESTDIR)$(PREFIX)'

uninstall:
	@Scripts/install.sh --remove '$(DESTDIR)$(PREFIX)'

package: build
	@Scripts/package.sh $(BINARY) .build/package

test:
	@SWIFT='$(SWIFT)' Scripts/test.sh

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Examples

docs:
	$(SWIFT) build --product tapedeck
	@SWIFT='$(SWIFT)' Scripts/docs.py .build/debug .build/documentation

soak:
	@SWIFT='$(SWIFT)' Scripts/soak.sh

bench:
	@SWIFT='$(SWIFT)' Scripts/bench.sh

$(BENCHES): bench-%:
	@SWIFT='$(SWIFT)' Scripts/bench.sh $*
