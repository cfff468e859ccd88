# Targets of Orion Loyalty. They need git, make, node (20 or newer) and npm; what else they use they install into node_modules.
.DEFAULT_GOAL := help
.PHONY: help demo test test-cluster soak bench lint typecheck format generate verify control-plane build sbom audit clean

# Always the Node 24 of node_modules, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: node_modules/.installed ## Show credentials, the API and the jobs at work on a throw-away cluster and PostgreSQL (KEEP=1 leaves them running)
	@node demo/demo.ts

test: node_modules/.installed ## Run the tests, with coverage; on a real control plane when KUBEBUILDER_ASSETS names one
	@npm run --silent test:coverage

test-cluster: node_modules/.installed ## Run the tests that need a real control plane (KUBEBUILDER_ASSETS)
	@npm run --silent test:cluster

soak: node_modules/.installed ## Run the long proofs in full (KUBEBUILDER_ASSETS)
	@SOAK=1 npm run --silent test
	@SOAK=1 npm run --silent test:cluster

bench: node_modules/.installed ## Measure against the goals; needs KUBEBUILDER_ASSETS
	@node bench/main.ts

lint: node_modules/.installed ## Lint and check the formatting
	@npm run --silent lint

typecheck: node_modules/.installed ## Check the types
	@npm run --silent typecheck

format: node_modules/.installed ## Format, and mend what lint can mend
	@npm run --silent format

generate: node_modules/.installed ## Write again what is generated (pages in docs, deploy/manifests, the chart's CRD)
	@node generate/main.ts

verify: node_modules/.installed ## Check that what is generated is up to date
	@node generate/main.ts --check

control-plane: node_modules/.installed ## Build kube-apiserver, etcd and kubectl from their Go modules (Go 1.26, seven minutes)
	@sh test/support/control-plane/programs/build.sh

build: node_modules/.installed ## Compile to dist/, as the image does
	@npm run --silent build

sbom: node_modules/.installed ## Write dist/sbom.json: what is in the image, as CycloneDX
	@node generate/sbom.ts

audit: node_modules/.installed ## Ask the registry for known weaknesses of what production installs
	@node generate/audit.ts

clean: ## Remove what was installed and generated
	rm -rf node_modules dist coverage .cache
