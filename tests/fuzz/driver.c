/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain main for a fuzz target: replays the files given, or those of its corpus, and of each also prefixes and copies
 * with flipped bits, the same ones in every run. One TAP line per file; an input that fails is left as crash-<target>.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "seams/fakerandom.h"

enum {
	FILES_MOST = 4096,
	BYTES_MOST = 1 << 20,
	PREFIXES_MOST = 512, /* of one file; all of them when it is shorter */
	FLIPS_MOST = 512
};

static char *files[FILES_MOST];
static size_t file_count;
static char crash_name[80];
static const uint8_t *current;
static size_t current_len;

static void on_crash(int number)
{
	int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, current, current_len) == (ssize_t)current_len) {
		(void)!write(STDOUT_FILENO, "Bail out! the failing input is in ", 34);
		(void)!write(STDOUT_FILENO, crash_name, strlen(crash_name));
		(void)!write(STDOUT_FILENO, "\n", 1);
	}
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* The input ends where its block ends, so that a sanitizer sees a read behind it. */
static void run_one(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	current = exact;
	current_len = len;
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void run_variants(uint8_t *bytes, size_t len)
{
	uint64_t seed = len;
	size_t i, step = len / PREFIXES_MOST + 1;

	run_one(bytes, len);
	for (i = 0; i < len; i += step)
		run_one(bytes, i);
	for (i = 0; i < FLIPS_MOST && i < len * 8; i++) {
		size_t bit = len * 8 <= FLIPS_MOST ? i : splitmix64(&seed) % (len * 8);

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		run_one(bytes, len);
		if (i % 2 == 0) /* every other flip stays: damage adds up */
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static bool run_file(const char *path)
{
	uint8_t *bytes = malloc(BYTES_MOST);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!bytes || !file) {
		free(bytes);
		return false;
	}
	len = fread(bytes, 1, BYTES_MOST, file);
	(void)fclose(file);
	run_variants(bytes, len);
	free(bytes);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_path(const char *path)
{
	struct stat st;
	struct dirent *entry;
	char child[4096];
	DIR *folder;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (file_count < FILES_MOST)
			files[file_count++] = strdup(path);
		return;
	}
	folder = opendir(path);
	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		add_path(child);
	}
	if (folder)
		(void)closedir(folder);
}

/* "replay_num", with or without a path and libtool's prefix, is num. */
static const char *target_name(const char *program)
{
	const char *at = strstr(program, "replay_"), *next;

	while (at && (next = strstr(at + 1, "replay_")) != NULL)
		at = next;
	return at ? at + strlen("replay_") : program;
}

int main(int argc, char **argv)
{
	const char *name = target_name(argv[0]), *source = getenv("TEL_SRCDIR");
	char corpus[4096];
	size_t at, failed = 0;
	int i;

	(void)snprintf(crash_name, sizeof(crash_name), "crash-%.60s", name);
	for (i = 1; i < argc; i++)
		add_path(argv[i]);
	if (argc == 1) {
		(void)snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", source ? source : ".", name);
		add_path(corpus);
	}
	qsort(files, file_count, sizeof(files[0]), by_name);
	(void)signal(SIGABRT, on_crash);
	(void)signal(SIGSEGV, on_crash);
	printf("1..%zu\n", file_count);
	for (at = 0; at < file_count; at++) {
		const char *slash = strrchr(files[at], '/');
		bool ok = run_file(files[at]);

		failed += !ok;
		printf("%s %zu - %s %s\n", ok ? "ok" : "not ok", at + 1, name, slash ? slash + 1 : files[at]);
		(void)fflush(stdout);
		free(files[at]);
	}
	return failed || file_count == 0;
}
