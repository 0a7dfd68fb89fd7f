/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the libraries, uses them and unloads them, again and again:  load_cycles CORE IO ROUNDS
 * Prints how many descriptors and KiB of resident memory it has more after the last round than after the tenth part. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <telemetry/builder.h>
#include <telemetry/exporter.h>

static void *symbol(void *library, const char *name)
{
	void *at = dlsym(library, name);
	if (!at) {
		fprintf(stderr, "%s: %s\n", name, dlerror());
		exit(1);
	}
	return at;
}

/* The type of a function of the headers, found by its name. */
#define BIND(library, name) __typeof__(&name) name##_ = (__typeof__(&name))(uintptr_t)symbol(library, #name)

static void use(void *core, void *io)
{
	BIND(core, tel_builder_new);
	BIND(core, tel_builder_gauge);
	BIND(core, tel_builder_point_int);
	BIND(core, tel_builder_finish);
	BIND(core, tel_builder_free);
	BIND(io, tel_ctx_new);
	BIND(io, tel_ctx_run_once);
	BIND(io, tel_ctx_free);
	BIND(io, tel_exporter_new);
	BIND(io, tel_export_submit);
	BIND(io, tel_exporter_free);
	tel_exporter_opts opts = TEL_EXPORTER_OPTS_INIT;
	tel_exporter *x = NULL;
	tel_metrics *m = NULL;
	tel_builder *b = NULL;
	tel_ctx *ctx = NULL;

	opts.endpoint = TEL_SLICE_LIT("http://127.0.0.1:1");
	if (tel_builder_new_(NULL, 0, &b) || tel_ctx_new_(NULL, &ctx, NULL) || tel_exporter_new_(ctx, &opts, &x, NULL))
		exit(2);
	tel_builder_gauge_(b, "g", "", "");
	tel_builder_point_int_(b, 1, NULL);
	if (tel_builder_finish_(b, &m, NULL) || tel_export_submit_(x, m, NULL, NULL, NULL, NULL))
		exit(3);
	for (int i = 0; i < 3; i++)
		if (tel_ctx_run_once_(ctx, 0))
			exit(4);
	tel_exporter_free_(x);
	tel_builder_free_(b);
	tel_ctx_free_(ctx);
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, resident = 0;
	if (!f || fscanf(f, "%ld %ld", &total, &resident) != 2)
		exit(5);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static long descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	long n = 0;
	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 0, memory = 0, fds = 0;

	for (long i = 0; i < rounds; i++) {
		void *core = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL), *io = core ? dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;
		if (!io)
			return fprintf(stderr, "%s\n", dlerror()), 1;
		use(core, io);
		if (dlclose(io) || dlclose(core))
			return fprintf(stderr, "%s\n", dlerror()), 1;
		if (i == rounds / 10) {
			memory = resident_kib();
			fds = descriptors();
		}
	}
	printf("%ld %ld\n", descriptors() - fds, resident_kib() - memory);
	return 0;
}
