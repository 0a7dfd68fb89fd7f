/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROCESS_ENDS_H
#define TESTS_PROCESS_ENDS_H
/* The core components between a receiver "in" and an exporter "out", which are names only. */
#include <telemetry/config.h>

/* NULL: refused; why gets the first error, "PATH: MESSAGE". ${...} and $$ are expanded, no variable is set. */
tel_config *ends_load(const char *text, size_t len, char *why, size_t cap);

#endif
