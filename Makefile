# The one door. `make` alone lists the verbs; each verb is also what CI runs (scripts/check).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
SECONDS ?= 60

# Objects are the same wherever the checkout lies, so a second clone builds from the cache.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CCACHE_MAXSIZE ?= 4G

NINJA = ninja -j$(JOBS) -C
CPP_FILES = find src tests bench fuzz -name '*.h' -o -name '*.cpp'
SHELL_FILES = grep -rlE '^\#!.*\b(ba)?sh$$' scripts .ci tests tools deploy

.PHONY: help
help: ## (this list)
	@grep -hE '^[a-z-]+:.*## [^(]' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 21

.PHONY: setup
setup: ## install what build and tests need (Debian 12; root or sudo)
	@scripts/setup

# A preset is configured once, and again when the presets change; ninja watches the CMakeLists itself.
build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@

.PHONY: build
build: build/release/build.ninja ## build/release/event-exporter
	@$(NINJA) build/release event-exporter

# What is made for others has the time of the commit.
COMMIT_TIME = SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 0)}

.PHONY: package
package: build ## a Debian package with a systemd unit, in build/release
	@umask 022 && cd build/release && $(COMMIT_TIME) cpack --config CPackConfig.cmake

.PHONY: sbom
sbom: build ## what the program is made of, as CycloneDX: build/release/sbom.cdx.json
	@$(COMMIT_TIME) scripts/sbom --output build/release/sbom.cdx.json

.PHONY: demo
demo: ## set up, build, and show the main job on this machine
	@scripts/setup --build
	@$(MAKE) build
	@scripts/demo

.PHONY: demo-mongodb
demo-mongodb: ## the same on a real MongoDB, which is fetched for it
	@scripts/setup
	@$(MAKE) build
	@scripts/demo --mongodb

# gcc 12's thread sanitizer does not know the address layouts that newer kernels choose (vm.mmap_rnd_bits > 28).
FIXED_ADDRESSES = $(shell setarch -R true 2>/dev/null && echo setarch -R)

# Tests at once: many wait for servers and time-outs of their own.
TEST_JOBS ?= $(shell echo $$(($(JOBS) + 2)))

# $(1) is the preset, $(2) what ctest is run under, $(3) its options. Leaves junit.xml and one report per program for tools/test_summary.py.
define run_tests
	@$(MAKE) build/$(1)/build.ninja
	@rm -rf build/$(1)/reports && mkdir -p build/$(1)/reports
	@$(NINJA) build/$(1)
	@GTEST_OUTPUT=xml:$(CURDIR)/build/$(1)/reports/ GTEST_BRIEF=1 \
	  $(2) ctest --preset $(1) -j$(TEST_JOBS) $(3) --no-tests=error --output-junit reports/ctest.junit
endef

.PHONY: test
test: ## set up, build and run all tests
	@scripts/setup
	$(call run_tests,dev)

.PHONY: check
check: ## everything that CI runs, the same commands
	@scripts/check

.PHONY: simulate
simulate: SEEDS ?= 5000
simulate: build/dev/build.ninja ## the state machines in a seeded world: make simulate SEEDS=5000
	@$(NINJA) build/dev simulation_run
	@build/dev/simulation_run --seeds $(SEEDS) --jobs $(JOBS)

.PHONY: mutants
mutants: ## bugs planted one at a time in a copy: does the simulation see each?
	@tools/mutants.py

# The tests in which something fails or dies, then seeded runs with kill -9: SEEDS of them on SQLite, a tenth of that on
# MongoDB. SEED=17 runs that one alone, on both.
seeded = @EXPORTER_BINARY=$(CURDIR)/build/dev/event-exporter EXPORTER_FIRST_SEED=$(or $(SEED),1) \
  EXPORTER_SEEDS=$(if $(SEED),1,$(2)) /usr/bin/python3 -B tests/integration/$(1)_test.py
.PHONY: fault
fault: SEEDS ?= 100
fault: build/dev/build.ninja ## the real program while everything fails: make fault SEEDS=100, or SEED=17
	@$(NINJA) build/dev event-exporter
ifndef SEED
	@ctest --test-dir build/dev -L fault -j$(TEST_JOBS) --no-tests=error --output-on-failure
endif
	$(call seeded,seeded_kill,$(SEEDS))
	$(call seeded,mongodb_seeded_kill,$$((($(SEEDS) + 9) / 10)))

.PHONY: asan
asan: ## tests with the address and undefined-behaviour sanitizers
	$(call run_tests,asan,,-LE long)

.PHONY: tsan
tsan: ## tests with the thread sanitizer
	$(call run_tests,tsan,$(FIXED_ADDRESSES),-LE long)

.PHONY: tidy
tidy: ## clang with its warnings, and clang-tidy
	@scripts/tidy

.PHONY: fuzz
fuzz: ## every fuzz target in turn: make fuzz SECONDS=60
	@scripts/fuzz $(SECONDS)

.PHONY: bench
bench: build ## micro-benchmarks, then bench-quick
	@$(NINJA) build/release
	@for program in build/release/*_bench; do "$$program"; done
	@scripts/bench-quick

.PHONY: bench-quick
bench-quick: build ## throughput, CPU, memory and latency beside the machine's limits, in under three minutes
	@scripts/bench-quick

.PHONY: bench-quick-mongodb
bench-quick-mongodb: build ## the same on a real MongoDB
	@$(NINJA) build/release mongodb_reader
	@scripts/bench-quick --mongodb

.PHONY: fmt
fmt: ## lay out all C++ files
	@$(CPP_FILES) | xargs -r clang-format-19 -i

.PHONY: clean
clean: ## remove build/
	@rm -rf build

# The parts of `check` that are no verbs of daily work.
.PHONY: layers docs fmt-check shellcheck hardening
layers:
	@tools/check_layers.py
docs:
	@tools/check_docs.py
	@scripts/release-notes --check
	@tools/check_metrics_docs.py
	@tools/check_config_docs.py
	@tools/check_dashboard.py
	@promtool=$$(scripts/promtool-path) && $$promtool check rules deploy/prometheus/rules.yaml && \
	  $$promtool test rules deploy/prometheus/rules_test.yaml
fmt-check:
	@$(CPP_FILES) | xargs -r clang-format-19 --dry-run --Werror
shellcheck:
	@$(SHELL_FILES) | xargs -r shellcheck
hardening: build
	@tools/check_hardening.py build/release/event-exporter build/release/event-exporter-otlp.so
