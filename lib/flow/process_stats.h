/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_PROCESS_STATS_H
#define TEL_FLOW_PROCESS_STATS_H
/* What the operating system says about this process and its limits. Read from /proc and the cgroup through the file seam. */
#include "net/ctx_i.h"

typedef struct tel__process_stats {
	double cpu_seconds;    /* user and system */
	size_t rss_bytes;      /* resident */
	size_t private_bytes;  /* resident without what is shared with files */
	size_t virtual_bytes;
} tel__process_stats;

TEL_PRIVATE_BEGIN

/* Fields that cannot be read are 0. */
void tel__process_stats_read(tel_ctx *ctx, tel__process_stats *ret_stats);
/* Limit of the cgroup, v2 or v1, else the machine's memory; 0 = unknown. otel-processing.md 7.2. */
size_t tel__process_memory_limit(tel_ctx *ctx, bool *ret_is_cgroup);

TEL_PRIVATE_END
#endif
