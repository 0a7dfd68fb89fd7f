/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/idle.h"

#include <stddef.h>

#include "base/error_i.h"

/* ---- pprof ---- */

typedef struct pprof_options {
	tel_slice endpoint;
	struct {
		int64_t timeout_ns;
	} dialer;
	int64_t block_profile_fraction, mutex_profile_fraction;
	tel_slice save_to_file;
} pprof_options;

static const tel__key dialer_keys[] = {
	{ .name = "timeout", .type = TEL__KEY_DURATION, .help = "accepted; a server connects to nobody" },
};
static const tel__key_table dialer_table = { "confignet.DialerConfig", sizeof(((pprof_options *)0)->dialer), dialer_keys,
	                                         TEL__KEY_COUNT(dialer_keys), NULL };

static const tel__key pprof_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = offsetof(pprof_options, endpoint), .def = "localhost:1777",
	  .help = "where the Collector serves profiles of Go" },
	{ .name = "dialer", .type = TEL__KEY_SECTION, .offset = offsetof(pprof_options, dialer), .section = &dialer_table,
	  .help = "accepted" },
	{ .name = "block_profile_fraction", .type = TEL__KEY_INT, .offset = offsetof(pprof_options, block_profile_fraction),
	  .def = "0", .help = "accepted; it tunes Go's profiler" },
	{ .name = "mutex_profile_fraction", .type = TEL__KEY_INT, .offset = offsetof(pprof_options, mutex_profile_fraction),
	  .def = "0", .help = "accepted; it tunes Go's profiler" },
	{ .name = "save_to_file", .type = TEL__KEY_STRING, .offset = offsetof(pprof_options, save_to_file),
	  .help = "accepted; no profile is written" },
};
static const tel__key_table pprof_table = { "pprofextension.Config", sizeof(pprof_options), pprof_keys,
	                                        TEL__KEY_COUNT(pprof_keys), NULL };

static const char pprof_text[] = "Profiles of the Go runtime do not exist here: nothing listens on this extension's endpoint";

const tel__component tel__pprof_component = {
	.type = "pprof",
	.kind = TEL__KIND_EXTENSION,
	.keys = &pprof_table,
	.help = "accepted: there is no Go runtime to profile",
	.impl = pprof_text,
};

/* ---- cgroup_runtime ---- */

typedef struct max_procs {
	bool enabled;
} max_procs;

typedef struct memory_limit {
	bool enabled;
	double ratio;
} memory_limit;

typedef struct cgroup_options {
	max_procs gomaxprocs;
	memory_limit gomemlimit;
} cgroup_options;

static const tel__key max_procs_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(max_procs, enabled), .def = "true",
	  .help = "accepted; one thread does the work" },
};
static const tel__key_table max_procs_table = { "cgroupruntimeextension.GoMaxProcsConfig", sizeof(max_procs), max_procs_keys,
	                                            TEL__KEY_COUNT(max_procs_keys), NULL };

static const tel__key memory_limit_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(memory_limit, enabled), .def = "true",
	  .help = "accepted; the budget follows the cgroup's limit anyway" },
	{ .name = "ratio", .type = TEL__KEY_DOUBLE, .offset = offsetof(memory_limit, ratio), .def = "0.9",
	  .help = "accepted; memory_limiter says how much of the limit is used" },
};
static const tel__key_table memory_limit_table = { "cgroupruntimeextension.GoMemLimitConfig", sizeof(memory_limit),
	                                               memory_limit_keys, TEL__KEY_COUNT(memory_limit_keys), NULL };

static const tel__key cgroup_keys[] = {
	{ .name = "gomaxprocs", .type = TEL__KEY_SECTION, .offset = offsetof(cgroup_options, gomaxprocs),
	  .section = &max_procs_table, .help = "threads of Go by the cgroup's CPU quota" },
	{ .name = "gomemlimit", .type = TEL__KEY_SECTION, .offset = offsetof(cgroup_options, gomemlimit),
	  .section = &memory_limit_table, .help = "memory of Go by the cgroup's limit" },
};

static void check_cgroup(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const cgroup_options *o = options;

	if (!(o->gomemlimit.ratio >= 0 && o->gomemlimit.ratio <= 1))
		report(user, "|gomemlimit::ratio", "gomemlimit ratio must be between 0 and 1");
}

static const tel__key_table cgroup_table = { "cgroupruntimeextension.Config", sizeof(cgroup_options), cgroup_keys,
	                                         TEL__KEY_COUNT(cgroup_keys), check_cgroup };

static const char cgroup_text[] = "There is no Go runtime to tune: the memory budget follows the limit of the cgroup by itself";

const tel__component tel__cgroup_runtime_component = {
	.type = "cgroup_runtime",
	.kind = TEL__KIND_EXTENSION,
	.keys = &cgroup_table,
	.help = "accepted: the budget follows the cgroup without it",
	.impl = cgroup_text,
};

const char *tel__idle_text(const tel__component *row)
{
	return row == &tel__pprof_component || row == &tel__cgroup_runtime_component ? row->impl : NULL;
}
