# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += doc/internals/base.md doc/internals/memory.md
