#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes configure; needs autoconf, automake, libtool and pkg-config.
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf -fi "$@"
