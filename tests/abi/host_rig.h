/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ABI_HOST_RIG_H
#define TESTS_ABI_HOST_RIG_H
/* A program with an exporter that talks to its own receiver on loopback, on the real clock. Everything that the library
 * takes is counted; host_close() checks that all of it came back. */
#include "seams/cm.h"

#include <telemetry/builder.h>
#include <telemetry/exporter.h>
#include <telemetry/receiver.h>

#include "net/tls_files.h"
#include "seams/failalloc.h"

enum { HOST_HELD = 64 };

typedef struct host {
	failalloc mem;
	tel_ctx *ctx;
	tel_receiver *receiver;
	tel_exporter *exporter;
	unsigned batches;
	bool hold;
	tel_receipt *held[HOST_HELD];
	uint64_t held_points[HOST_HELD];
	unsigned held_count;
	char peer[64];       /* of the last request: one connection has one */
	unsigned peers;      /* how often it changed */
	unsigned answers;    /* of host_submit() */
	tel_err answer;      /* the last one */
} host;

typedef struct host_kind {
	const char *name;
	tel_exporter_protocol protocol;
	bool tls;
} host_kind;

enum { HOST_KINDS = 4 };
extern const host_kind host_kinds[HOST_KINDS];

/* opts: NULL for the defaults; alloc is the host's in any case unless it is set. files: NULL in plaintext. */
void host_open(host *h, const host_kind *kind, const tls_files *files, const tel_ctx_opts *opts);
void host_open_exporter(host *h, const host_kind *kind, const tls_files *files);
void host_close(host *h);
tel_metrics *host_batch(unsigned points);
/* Starts a batch of so many points. */
void host_submit(host *h, unsigned points);
/* Submits and runs until the answer is there. */
tel_err host_send(host *h, unsigned points);
/* Runs until so many receipts are held. */
void host_wait_held(host *h, unsigned count);
/* Settles the held receipt of a batch of so many points. */
void host_settle(host *h, uint64_t points);
#endif
