/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_FLOW_LINES_H
#define TESTS_CONTROL_FLOW_LINES_H
/* Scenarios of the flow as lines of text: "30 gw-0 otlp_grpc/p sent=5 failed=1" is a scrape after 30 s, "30 ?" is a look. */
#include "control/monitor.h"

#define FLOW_START UINT64_C(1767225600)
#define FLOW_SECOND UINT64_C(1000000000)

/* Words: sent, failed, full, refused, size, capacity, points, oldest, success (seconds after the start). What was found goes
 * to out, "p:all, q:some,throttling,"; *ret_wanted is what stands behind the question mark, ptr NULL for a scrape. */
tel_err flow_line(tel__monitor *m, tel_slice line, char *out, size_t cap, tel_slice *ret_wanted);

#endif
