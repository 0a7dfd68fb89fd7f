#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, as strict C99 and as C++ (where a C++ compiler is there), without a warning.
set -u
src=${TEL_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
headers=$(cd "$src/include" && ls telemetry/*.h)
echo "1..$(($(echo "$headers" | wc -l) * 2))"
n=0
for h in $headers; do
	for lang in c c++; do
		n=$((n + 1))
		if [ $lang = c ]; then cc=${CC:-cc}; std=c99; else cc=${CXX:-c++}; std=c++11; fi
		if ! command -v "${cc%% *}" >/dev/null; then echo "ok $n - $h as $lang # SKIP no $cc"; continue; fi
		printf '#include <%s>\n#include <%s>\nint x;\n' "$h" "$h" >"$work/t.$lang"
		if $cc -x $lang -std=$std -Wall -Wextra -pedantic -Werror -I"$src/include" -fsyntax-only "$work/t.$lang" >"$work/log" 2>&1; then
			echo "ok $n - $h as $lang"
		else
			sed 's/^/# /' "$work/log"; echo "not ok $n - $h as $lang"
		fi
	done
done
