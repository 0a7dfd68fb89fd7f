/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a random set of resources:   make_pipelines SEED [CA CERT KEY]   (files in PEM, instead of texts that are none) */
#include "control/pipelines.h"

#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *path)
{
	enum { MOST = 1 << 16 };
	char *text = calloc(1, MOST);
	FILE *file = fopen(path, "rb");

	if (!text || !file || fread(text, 1, MOST - 1, file) == 0) {
		fprintf(stderr, "make_pipelines: %s cannot be read\n", path);
		exit(1);
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	pipelines_pem pem;
	pipelines p;
	char *text;

	if (argc != 2 && argc != 5) {
		fprintf(stderr, "Usage: make_pipelines SEED [CA CERT KEY]\n");
		return 2;
	}
	if (argc == 5)
		pem = (pipelines_pem){ read_file(argv[2]), read_file(argv[3]), read_file(argv[4]) };
	pipelines_init(&p, strtoull(argv[1], NULL, 10), argc == 5 ? &pem : NULL);
	text = pipelines_join(&p, 0);
	fputs(text, stdout);
	free(text);
	pipelines_fini(&p);
	if (argc == 5) {
		free((char *)(uintptr_t)pem.ca);
		free((char *)(uintptr_t)pem.cert);
		free((char *)(uintptr_t)pem.key);
	}
	return 0;
}
