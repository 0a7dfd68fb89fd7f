# SPDX-License-Identifier: Apache-2.0
# The Python package over the shared libraries of the build.
python_tests = tests/python/python.test
TESTS += $(python_tests)
EXTRA_DIST += $(python_tests) tests/python/requirements.txt tests/python/sdk.py tests/python/sdk_sink.py tests/python/support.py tests/python/test_abi.py tests/python/test_builder.py \
	tests/python/test_config.py tests/python/test_edit.py tests/python/test_export.py tests/python/test_lifetime.py tests/python/test_metrics.py \
	tests/python/test_pipelines.py tests/python/test_receive.py
tests/python/python.log: libtelemetry-metrics.la libtelemetry-metrics-io.la
