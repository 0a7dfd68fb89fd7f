# SPDX-License-Identifier: Apache-2.0
# Prints the gateway's configuration that pipelines stand for, or what is wrong with them:   render.py FILE...
import pathlib
import sys
import telemetry

try:
    sys.stdout.write(telemetry.render(*map(pathlib.Path, sys.argv[1:])))
except telemetry.ConfigError as error:
    sys.exit("\n".join(map(str, error.findings)))
