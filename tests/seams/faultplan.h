/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAULTPLAN_H
#define TESTS_SEAMS_FAULTPLAN_H
/* Which call of which kind goes wrong, and how. Shared by the fakes of files and sockets. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAULT_OPS_MOST = 8 };

typedef struct fault {
	unsigned op;    /* FAKEFS_..., FAKESOCK_... */
	uint64_t nth;   /* 1-based among the calls of that op; 0 = never */
	bool onwards;   /* and every later call */
	int errnum;     /* what the call fails with; 0 = it succeeds, but only with bytes */
	size_t bytes;   /* errnum 0: so many bytes are moved at most; else so many are written, and then it fails */
} fault;

typedef struct faultplan {
	const fault *faults; /* borrowed */
	size_t count;
	uint64_t calls[FAULT_OPS_MOST]; /* per op, counted in any case */
	uint64_t hits;                  /* faults that happened */
} faultplan;

/* Counts the call; the fault that applies to it, or NULL. */
const fault *faultplan_call(faultplan *plan, unsigned op);

struct iovec;
enum { FAULT_IOV_MOST = 1024 };
/* Copies the start of iov into out so that it holds at most bytes; returns the number of pieces. */
int faultplan_cut(const struct iovec *iov, int count, size_t bytes, struct iovec *out);
size_t faultplan_sum(const struct iovec *iov, int count);

#endif
