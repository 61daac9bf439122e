# weekahead: `make demo` runs the platform on real quotes, `make test` runs every check.

.NOTPARALLEL:
.PHONY: help demo test check setup build fmt lint unit doctest doc deny tidy bench soak dashboards test-dashboards airflow test-airflow

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup build ## set up what is needed, then the whole pipeline on real quotes
	@$${CARGO_TARGET_DIR:-target}/release/weekahead demo $(DEMO_ARGS)

test: setup check ## set up what is needed, then every check

check: fmt lint tidy deny unit doctest doc ## every check, without the set-up

setup: ## bring dbt, MLflow, ClickHouse, ONNX Runtime and a browser for tests into the checkout
	@deploy/setup.sh

build: ## the release build
	@echo "build        release build (several minutes the first time)"
	@cargo build --release --locked -p weekahead-cli

fmt: ## is every file formatted
	cargo fmt --all --check

lint: ## clippy, no warning allowed
	cargo clippy --workspace --all-targets --locked -- -D warnings

unit: ## unit, integration and end-to-end tests
	@command -v cargo-nextest >/dev/null || cargo install cargo-nextest --locked
	cargo nextest run --workspace --locked

doctest: ## the examples in the docs
	cargo test --workspace --doc --locked

doc: ## do the docs build
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

deny: ## licences and sources of dependencies
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny check licenses bans sources

tidy: ## layers, lints, file sizes, headers
	cargo run -q --locked -p weekahead-xtask -- tidy

bench: ## speed and memory as ratios against named peers
	@deploy/setup.sh bench
	@cargo build --release --locked -p weekahead-cli -p weekahead-bench
	@$${CARGO_TARGET_DIR:-target}/release/weekahead-bench $(BENCH_ARGS)

soak: setup build ## five simulated years with 200 faults, against the same years without
	@deploy/soak.sh

dashboards: build ## Superset with the dashboards, in .deps/superset; needs a platform that is up
	@deploy/dashboards.sh

test-dashboards: setup build ## the dashboards: real Superset, real browser, a simulated year
	@deploy/dashboards.sh test

airflow: ## Airflow with the DAGs, in .deps/airflow
	@deploy/airflow.sh

test-airflow: setup build ## the Airflow DAGs: real Airflow, real platform
	@deploy/airflow.sh test -q
