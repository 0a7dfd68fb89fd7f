#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tarball holds every file of the tree, and builds, tests, installs and cleans up in its leanest configuration, from
# a source folder that cannot be written to.
#   distcheck.sh BUILDDIR
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -C "$build" --no-print-directory -j"$(nproc)" distcheck AM_DISTCHECK_CONFIGURE_FLAGS='--enable-werror --disable-daemons --without-isal --without-snappy'
if [ -e "$src/.git" ] && git -C "$src" ls-files >"$work/git" 2>/dev/null; then
	tar -tf "$build"/libtelemetry-*.tar.xz | sed 's,^[^/]*/,,' | LC_ALL=C sort >"$work/tarball"
	grep -v '^\.gitignore$' "$work/git" | LC_ALL=C sort | LC_ALL=C comm -23 - "$work/tarball" >"$work/left"
	if [ -s "$work/left" ]; then
		echo "not in the tarball (EXTRA_DIST of the folder's local.mk):"
		cat "$work/left"
		exit 1
	fi
	rm -f "$build"/libtelemetry-*.tar.xz
fi
