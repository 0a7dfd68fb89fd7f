# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += doc/abi.md doc/architecture.md doc/dependencies.md doc/deploy.md doc/differences.md doc/embedding.md doc/faults.md doc/metrics.md doc/pages.md doc/security-tests.md $(wildcard $(srcdir)/doc/internals/*.md) \
	$(wildcard $(srcdir)/doc/examples/*.c) doc/examples/render.py doc/examples/README.md

# Reference from the headers, into doc/html of the build folder.
.PHONY: doc
doc:
	cd $(builddir) && $(DOXYGEN) doc/Doxyfile
clean-local:
	rm -rf doc/html
