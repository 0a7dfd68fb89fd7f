# SPDX-License-Identifier: Apache-2.0
# The Python package: installed beside the libraries (--with-python-dir), and kept in step with the headers.
python_package = \
	bindings/python/telemetry/__init__.py \
	bindings/python/telemetry/_abi.py \
	bindings/python/telemetry/_handle.py \
	bindings/python/telemetry/_library.py \
	bindings/python/telemetry/_values.py \
	bindings/python/telemetry/budget.py \
	bindings/python/telemetry/builder.py \
	bindings/python/telemetry/columns.py \
	bindings/python/telemetry/config.py \
	bindings/python/telemetry/context.py \
	bindings/python/telemetry/errors.py \
	bindings/python/telemetry/explanation.py \
	bindings/python/telemetry/exporter.py \
	bindings/python/telemetry/graph.py \
	bindings/python/telemetry/metrics.py \
	bindings/python/telemetry/pipelines.py \
	bindings/python/telemetry/py.typed \
	bindings/python/telemetry/receiver.py \
	bindings/python/telemetry/sink.py \
	bindings/python/telemetry/views.py
EXTRA_DIST += $(python_package) bindings/python/README.md bindings/python/generate.py bindings/python/pyproject.toml
if PYTHON_PACKAGE
pythonpackagedir = $(PYTHON_DIR)/telemetry
pythonpackage_DATA = $(python_package)
endif

# A changed header changes _abi.py in the source tree, to be committed with it. Without Python it stays as it is.
BUILT_SOURCES += bindings/python/abi.stamp
bindings/python/abi.stamp: $(telemetryinclude_HEADERS) bindings/python/generate.py lib/libtelemetry.map lib/libtelemetry-io.map
	@$(MKDIR_P) bindings/python
	@if command -v python3 >/dev/null; then CC='$(CC)' python3 $(srcdir)/bindings/python/generate.py; fi
	@touch $@
CLEANFILES += bindings/python/abi.stamp
