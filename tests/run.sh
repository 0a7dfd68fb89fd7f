#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests. Without a mode: everything that a change has to pass, in minutes. CONTRIBUTING.md has the table of modes.
#   tests/run.sh [MODE]...
# Environment: TEL_BUDGET=short makes each mode brief (CI); TEL_BUILD is where build folders go (default: build-*).
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
export TEL_SHARED="${TEL_SHARED:-$top/../shared}"
jobs=$(nproc 2>/dev/null || echo 2)
passed=0 failed=0 skipped=0

say() { printf '== %s\n' "$*"; }
note_pass() { passed=$((passed + 1)); printf 'ok   %s\n' "$1"; }
note_fail() { failed=$((failed + 1)); printf 'FAIL %s\n' "$1"; }
note_skip() { skipped=$((skipped + 1)); printf 'skip %s: %s\n' "$1" "$2"; }

# step NAME COMMAND...: one thing that passes or fails; its output is shown when it fails. Exit 77 = skipped.
step() {
	name=$1; shift
	log=$(mktemp)
	"$@" >"$log" 2>&1
	rc=$?
	case $rc in
	0) note_pass "$name" ;;
	77) note_skip "$name" "$(tail -n 1 "$log")" ;;
	*) tail -n 60 "$log"; note_fail "$name (exit $rc)" ;;
	esac
	rm -f "$log"
	return $rc
}

# Adds the lines of programs that print "ok NAME", "FAIL NAME", "skip NAME: why" to the sums.
counted() {
	log=$(mktemp)
	"$@" 2>&1 | tee "$log"
	passed=$((passed + $(grep -c '^ok   ' "$log")))
	failed=$((failed + $(grep -c '^FAIL ' "$log")))
	skipped=$((skipped + $(grep -c '^skip ' "$log")))
	grep -q '^\(ok  \|FAIL\|skip\) ' "$log" || note_fail "$1 printed no result"
	rm -f "$log"
}

build_dir() { echo "${TEL_BUILD:-$top}/build-$1"; }

# build NAME CONFIGURE-ARGUMENT...: configures once per set of arguments, then makes.
build() {
	dir=$(build_dir "$1"); shift
	[ -x configure ] && [ configure -nt configure.ac ] || ./autogen.sh || return 1
	mkdir -p "$dir"
	if [ ! -f "$dir/Makefile" ] || [ "$(cat "$dir/.arguments" 2>/dev/null)" != "$*" ]; then
		(cd "$dir" && "$top/configure" -q "$@" && echo "$*" >.arguments) || return 1
	fi
	make -C "$dir" -j"$jobs" --no-print-directory
}

# make check, counted case by case from Automake's totals.
check() {
	dir=$1
	log=$(mktemp)
	make -C "$dir" -j"$jobs" --no-print-directory check >"$log" 2>&1
	rc=$?
	p=$(sed -n 's/^# PASS: *//p' "$log" | tail -n 1); f=$(sed -n 's/^# FAIL: *//p' "$log" | tail -n 1)
	e=$(sed -n 's/^# ERROR: *//p' "$log" | tail -n 1); s=$(sed -n 's/^# SKIP: *//p' "$log" | tail -n 1)
	passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0} + ${e:-0})); skipped=$((skipped + ${s:-0}))
	printf 'make check: %s passed, %s failed, %s errors, %s skipped\n' "${p:-0}" "${f:-0}" "${e:-0}" "${s:-0}"
	if [ $rc -ne 0 ]; then
		grep -E '^(FAIL|ERROR|XPASS)' "$log" || tail -n 40 "$log"
		for t in "$dir"/tests/*/*.trs; do
			grep -q '^:global-test-result: \(FAIL\|ERROR\)' "$t" 2>/dev/null && { echo "--- ${t%.trs}.log"; tail -n 40 "${t%.trs}.log"; }
		done
		[ "${f:-0}${e:-0}" != 00 ] || note_fail "make check (exit $rc)"
	fi
	grep -E '^SKIP' "$log" | head -n 20
	rm -f "$log"
}

mode_default() {
	step dependencies tests/install-deps test || return
	step layers tests/check-layers
	step house tests/check-house
	step build build test --enable-werror || return
	check "$(build_dir test)"
	step docs tests/check-docs --build "$(build_dir test)"
	step installcheck tests/abi/installcheck.sh "$(build_dir test)"
	step "distcheck without daemons and ISA-L" tests/abi/distcheck.sh "$(build_dir test)"
	counted python3 tests/daemons/run.py "$(build_dir test)"
	counted python3 tests/daemons/auth.py "$(build_dir test)"
	counted python3 tests/daemons/pages.py "$(build_dir test)"
	counted python3 tests/daemons/process.py "$(build_dir test)"
	counted python3 tests/daemons/control.py "$(build_dir test)"
	counted python3 tests/daemons/reload.py "$(build_dir test)"
	counted python3 tests/hostile/confusion.py "$(build_dir test)"
	counted python3 tests/hostile/secrets.py "$(build_dir test)"
}

mode_sanitize() {
	step dependencies tests/install-deps test || return
	step build build sanitize --enable-werror --enable-sanitizers CFLAGS='-O1 -g' || return
	check "$(build_dir sanitize)"
	counted python3 tests/daemons/run.py "$(build_dir sanitize)"
	counted python3 tests/daemons/auth.py "$(build_dir sanitize)"
	counted python3 tests/daemons/pages.py "$(build_dir sanitize)"
	counted python3 tests/daemons/process.py "$(build_dir sanitize)"
	counted python3 tests/daemons/reload.py "$(build_dir sanitize)"
	counted python3 tests/hostile/confusion.py "$(build_dir sanitize)"
	TEL_BUDGET=short counted python3 tests/hostile/floods.py "$(build_dir sanitize)"
	step "build for threads" build threads --enable-werror --disable-daemons CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS=-fsanitize=thread || return
	for t in tests/abi/test_threads tests/abi/embed_poll tests/base/test_shared; do
		step "$t under a thread sanitizer" threaded "$t"
	done
}

# threaded PROGRAM: built and run in the build for threads.
threaded() {
	dir=$(build_dir threads)
	make -C "$dir" -j"$jobs" --no-print-directory "$1" && TSAN_OPTIONS=halt_on_error=1 "$dir/$1"
}

# Every program with a torture scenario, under sanitizers: what each failing allocation leaves behind is seen.
mode_torture() {
	step dependencies tests/install-deps test || return
	step build build sanitize --enable-werror --enable-sanitizers CFLAGS='-O1 -g' || return
	dir=$(build_dir sanitize)
	programs=$(grep -lE 'torture_(alloc|chunks)\(' tests/*/*.c | grep -v '^tests/torture/' | sed 's/\.c$//')
	# shellcheck disable=SC2086
	step programs make -C "$dir" -j"$jobs" --no-print-directory $programs || return
	for t in $programs; do
		step "torture $t" env TEL_TORTURE=all CMOCKA_MESSAGE_OUTPUT=TAP TEL_SRCDIR="$top" TEL_BUILDDIR="$dir" tests/tap-run "$dir/$t"
	done
}

mode_fuzz() {
	command -v clang >/dev/null || [ "$(id -u)" = 0 ] || { note_skip fuzz "no clang"; return; }
	step dependencies tests/install-deps fuzz || return
	step build build fuzz CC=clang --enable-fuzz --disable-daemons CFLAGS='-O1 -g' || return
	# The short budget is the same search each time: what it finds is a finding of the change, not of the day.
	seconds=${TEL_FUZZ_SECONDS:-60} search=
	[ "${TEL_BUDGET-}" = short ] && seconds=10 search='-seed=1 -runs=400000'
	for t in "$(build_dir fuzz)"/tests/fuzz/fuzz_*; do
		[ -f "$t" ] && [ -x "$t" ] || continue
		name=$(basename "$t"); name=${name#fuzz_}
		corpus=$(mktemp -d)
		mkdir -p "tests/fuzz/corpus/$name"
		dict=; [ -f "tests/fuzz/$name.dict" ] && dict="-dict=tests/fuzz/$name.dict"
		# shellcheck disable=SC2086 # empty: no argument
		step "fuzz $name ${seconds}s" "$t" $dict $search -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
			-error_exitcode=1 -artifact_prefix="$(build_dir fuzz)/" "$corpus" "tests/fuzz/corpus/$name"
		rm -rf "$corpus"
	done
}

mode_sdks() {
	step dependencies tests/install-deps test || return
	step build build test --enable-werror || return
	counted python3 tests/sdks/run.py "$(build_dir test)"
	counted python3 tests/python/sdk.py "$(build_dir test)"
}

mode_peers() {
	step dependencies tests/install-deps test || return
	step build build test --enable-werror || return
	if ! command -v go >/dev/null; then note_skip peers "no Go tool chain"; return; fi
	tests/install-deps lint >&2 || echo "promtool cannot be installed here" >&2
	counted python3 tests/peers/run.py "$(build_dir test)"
	counted python3 tests/peers/self_metrics.py "$(build_dir test)"
	counted python3 tests/peers/flow_rules.py "$(build_dir test)"
	counted python3 tests/peers/logs.py "$(build_dir test)"
	counted python3 tests/peers/validate.py "$(build_dir test)"
	counted python3 tests/peers/sandwich.py "$(build_dir test)"
}

mode_chaos() {
	step dependencies tests/install-deps test || return
	step build build test --enable-werror || return
	counted python3 tests/chaos/run.py "$(build_dir test)"
	counted python3 tests/chaos/reload.py "$(build_dir test)"
	counted python3 tests/hostile/floods.py "$(build_dir test)"
	counted python3 tests/hostile/networks.py "$(build_dir test)"
	counted python3 tests/hostile/extremes.py "$(build_dir test)"
}

mode_bench() {
	step dependencies tests/install-deps test || return
	step build build bench CFLAGS='-O2 -g -DNDEBUG' || return
	counted tests/bench/run "$(build_dir bench)"
}

mode_local() { note_skip local "the manager and its local mode are not built yet"; }
mode_cluster() {
	if [ -z "${CLUSTER_DIR-}" ]; then note_skip cluster "no cluster to change at will: CLUSTER_DIR and KUBECONFIG are not set"; return; fi
	step build build test --enable-werror || return
	counted python3 tests/cluster/resources.py "$(build_dir test)"
}
mode_browser() {
	tests/install-deps browser >&2 || { note_skip browser "chromium and chromium-driver cannot be installed here"; return; }
	step build build test --enable-werror || return
	counted python3 tests/browser/run.py "$(build_dir test)"
}

[ $# -gt 0 ] || set -- default
for mode in "$@"; do
	case $mode in
	default | sanitize | torture | fuzz | sdks | peers | local | chaos | cluster | bench | browser)
		say "$mode"
		started=$(date +%s)
		"mode_$mode"
		say "$mode took $(($(date +%s) - started)) s" ;;
	*) echo "run.sh: unknown mode '$mode'" >&2; exit 2 ;;
	esac
done
[ "$skipped" = 0 ] || printf '%s skipped\n' "$skipped"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
