#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into a staging folder, then compiles and runs a program of each library through pkg-config, shared and static.
#   installcheck.sh BUILDDIR
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/stage
make -C "$build" --no-print-directory install DESTDIR="$root" >"$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }
pc=$(find "$root" -name libtelemetry.pc)
pc=${pc%/*}
libdir=$root$(sed -n 's/^libdir=//p' "$pc/libtelemetry.pc" | sed "s,\${exec_prefix},$(sed -n 's/^prefix=//p' "$pc/libtelemetry.pc"),")
# The staged files name the final place: PKG_CONFIG_SYSROOT_DIR would move the third parties too, so rewrite a copy.
mkdir "$work/pc"
for f in "$pc"/*.pc; do sed "s,^prefix=,prefix=$root," "$f" >"$work/pc/${f##*/}"; done
sed -i "s,^exec_prefix=/,exec_prefix=$root/,; s,^\(libdir\|includedir\)=/,\1=$root/," "$work/pc"/*.pc
PKG_CONFIG_PATH=$work/pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
cc=${CC:-cc}

# run PROGRAM WHAT
run() {
	"$1" >"$work/out" || { echo "$2 failed"; exit 1; }
	[ -s "$work/out" ] || { echo "$2 printed nothing"; exit 1; }
}

# The archives of a package and of what it requires, then the third parties that its .pc file names. Those stay shared:
# distributions do not ship static archives of everything that libcurl can use.
static_libs() {
	echo "$1" | grep -q -- -io && echo "$libdir/libtelemetry-metrics-io.a"
	echo "$libdir/libtelemetry-metrics.a"
	for package in libtelemetry $1; do
		pkg-config --libs $(pkg-config --print-requires-private "$package" | sed 's/[<>=].*//')
		sed -n 's/^Libs.private: *//p' "$work/pc/$package.pc"
	done
}

# try PACKAGE SOURCE [FURTHER_LIBRARY]: compiled to $work/shared and $work/static, by the name of the source.
try() {
	name=${2%.c}
	# shellcheck disable=SC2046,SC2086
	$cc -std=gnu99 -Wall -Wextra -Werror "$src/doc/examples/$2" -o "$work/shared/$name" $(pkg-config --cflags --libs "$1") ${3-}
	ldd "$work/shared/$name" | grep -q "$libdir/libtelemetry" || { echo "$2 does not use the staged library"; exit 1; }
	# shellcheck disable=SC2046,SC2086
	$cc -std=gnu99 -Wall -Wextra -Werror "$src/doc/examples/$2" -o "$work/static/$name" $(pkg-config --cflags "$1") \
		$(static_libs "$1") ${3-}
	if ldd "$work/static/$name" | grep -q libtelemetry; then echo "$2 is not static in $1"; exit 1; fi
}
mkdir "$work/shared" "$work/static"
try libtelemetry core.c
try libtelemetry-io loop.c
for source in hello.c proxy.c receive.c; do try libtelemetry-io "$source"; done
try libtelemetry-io counter.c -lpthread
if [ -x "$build/doc/examples/ev" ]; then try libtelemetry-io ev.c -lev; fi
for kind in shared static; do
	for name in core loop; do run "$work/$kind/$name" "$name, $kind"; done
	if command -v python3 >/dev/null; then
		TEL_SRCDIR=$src TEL_EXAMPLES=$work/$kind python3 "$src/tests/abi/chain.test" >"$work/out" || true
		if grep '^not ok' "$work/out"; then cat "$work/out"; exit 1; fi
	fi
	echo "installcheck: the examples run, $kind"
done
# The Python package finds the libraries that were installed with it, without being told where.
package=$(find "$root" -name _abi.py)
if [ -n "$package" ] && command -v python3 >/dev/null; then
	package=${package%/telemetry/_abi.py}
	found=$(cd / && env -u LD_LIBRARY_PATH -u TELEMETRY_LIBRARY PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$package" python3 -c '
import telemetry
assert len(telemetry.Builder().gauge("g").point(1).finish()) == 1
print(*telemetry.libraries().values())') || { echo "the Python package cannot be used"; exit 1; }
	case $found in "$root"*) echo "python: telemetry runs" ;; *) echo "python: telemetry uses $found"; exit 1 ;; esac
fi
if ldd "$libdir/libtelemetry-metrics.so" | grep -E 'libcurl|libssl|libnghttp2|libcares'; then
	echo "the core library drags I/O libraries in"
	exit 1
fi
