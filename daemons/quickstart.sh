#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on an embedded default: an application's OTLP reaches a backend through the gateway, all on loopback.
# Installs what is missing with apt, builds, runs, shows what arrived, stops.
#   sh daemons/quickstart.sh [--keep]     --keep: leave it running and say where to point an application
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=${TEL_BUILD:-$top}/build-quickstart
keep=
[ "${1-}" = --keep ] && keep=1
work=$(mktemp -d)
sink= gateway=

stop() {
	trap - EXIT INT TERM
	for p in $gateway $sink; do kill "$p" 2>/dev/null || true; done
	for p in $gateway $sink; do wait "$p" 2>/dev/null || true; done
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR-}" ] || say() { printf '\n%s\n' "$*"; }

say "1. What building needs"
"$top/tests/install-deps" demo
echo "everything is there"

say "2. Build"
[ -x "$top/configure" ] || (cd "$top" && ./autogen.sh >"$work/autogen.log" 2>&1) || { tail -n 20 "$work/autogen.log"; exit 1; }
mkdir -p "$build"
[ -f "$build/Makefile" ] || (cd "$build" && "$top/configure" -q)
make -C "$build" -j"$(nproc)" --no-print-directory -s >"$work/make.log" 2>&1 || { tail -n 20 "$work/make.log"; exit 1; }
"$build/telemetry-gateway" --version | head -n 1

say "3. An OpenTelemetry SDK for the application"
venv=${TEL_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/libtelemetry-sdk}
if ! "$venv/bin/python" -c 'import opentelemetry.exporter.otlp.proto.grpc, opentelemetry.sdk' 2>/dev/null; then
	python3 -m venv "$venv"
	"$venv/bin/pip" install -q --disable-pip-version-check opentelemetry-sdk opentelemetry-exporter-otlp-proto-grpc
fi
"$venv/bin/python" -c 'import importlib.metadata as m; print("opentelemetry-sdk", m.version("opentelemetry-sdk"))'

say "4. Backend and gateway"
"$build/telemetryctl" sink --http 127.0.0.1:5318 --print summary >"$work/sink.log" 2>&1 &
sink=$!
"$build/telemetry-gateway" --config "$top/daemons/gateway.yaml" >"$work/gateway.log" 2>&1 &
gateway=$!
n=0
until curl -fs http://127.0.0.1:13133/ >"$work/health" 2>/dev/null; do
	n=$((n + 1))
	if [ $n -gt 100 ] || ! kill -0 $gateway 2>/dev/null; then
		cat "$work/gateway.log" "$work/sink.log"
		echo "the gateway did not start; are ports 4317, 4318, 8888, 13133 and 5318 free?" >&2
		exit 1
	fi
	sleep 0.1
done
cat "$work/health"; echo

say "5. The application sends (daemons/quickstart.py, OTLP/gRPC to 127.0.0.1:4317)"
"$venv/bin/python" "$top/daemons/quickstart.py"

say "6. What the backend got"
n=0
until [ -n "$(sed -n '/points/p' "$work/sink.log" | sed '/ready/d' | head -n 1)" ] || [ $n -gt 100 ]; do n=$((n + 1)); sleep 0.1; done
sed '/ready/d' "$work/sink.log" | head -n 40

say "7. The gateway's own counters (http://127.0.0.1:8888/metrics)"
curl -fs http://127.0.0.1:8888/metrics | grep -E '^otelcol_(receiver_accepted|exporter_sent|exporter_queue_size|processor_batch_timeout)' | sed 's/,\{0,1\}otel_scope_[a-z_]*="[^"]*"//g; s/{,/{/'

if [ -n "$keep" ]; then
	trap - EXIT INT TERM
	say "Running. Point an application at it:"
	echo "  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 (gRPC) or http://127.0.0.1:4318 (HTTP)"
	echo "  what arrives: tail -f $work/sink.log"
	echo "  what goes through and what waits: http://localhost:55679/ in a browser"
	echo "  stop it:      kill $gateway $sink"
	exit 0
fi
say "8. Stop: the queue is sent, then both end"
kill $gateway; wait $gateway; echo "the gateway ended with $?"
gateway=
kill $sink; wait $sink || true
tail -n 1 "$work/sink.log"
sink=
