#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into a staging folder, then compiles and runs a program of each library through pkg-config, shared and static.
#   installcheck.sh BUILDDIR
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -C "$build" --no-print-directory install DESTDIR="$work/root" >"$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }
prefix=$(sed -n 's/^prefix=//p' "$build/libtelemetry.pc")
PKG_CONFIG_PATH=$work/root$prefix/lib/pkgconfig:$work/root$prefix/share/pkgconfig
export PKG_CONFIG_PATH
defines="--define-variable=prefix=$work/root$prefix"
cc=${CC:-cc}

# PACKAGE SOURCE: shared, then static.
try() {
	# shellcheck disable=SC2046
	$cc -std=c99 -Wall -Wextra -Werror "$src/doc/examples/$2" -o "$work/shared" $(pkg-config "$defines" --cflags --libs "$1")
	LD_LIBRARY_PATH="$work/root$prefix/lib" "$work/shared" >"$work/out" || { echo "$2 failed with the shared $1"; exit 1; }
	[ -s "$work/out" ] || { echo "$2 printed nothing"; exit 1; }
	# shellcheck disable=SC2046
	$cc -std=c99 -Wall -Wextra -Werror "$src/doc/examples/$2" -o "$work/static" \
		$(pkg-config "$defines" --cflags --static --libs "$1" | sed 's/-ltelemetry-metrics-io/-l:libtelemetry-metrics-io.a/; s/-ltelemetry-metrics\( \|$\)/-l:libtelemetry-metrics.a /')
	"$work/static" >"$work/out" || { echo "$2 failed with the static $1"; exit 1; }
	if ldd "$work/static" | grep -q libtelemetry; then echo "$2 is not static in $1"; exit 1; fi
	echo "$1: $2 runs, shared and static"
}
try libtelemetry core.c
try libtelemetry-io loop.c
if ldd "$work/root$prefix/lib/libtelemetry-metrics.so" | grep -E 'libcurl|libssl|libnghttp2|libcares'; then
	echo "the core library drags I/O libraries in"
	exit 1
fi
