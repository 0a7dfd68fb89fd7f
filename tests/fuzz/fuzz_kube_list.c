/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a list says, every object that was taken can be found again by its key, and reading the list twice gives the same
 * objects; a refusal has a text.
 */
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "process/kube.h"

static size_t count(const tel_kube *kube)
{
	size_t n = 0;

	for (int kind = 0; kind < TEL__KUBE_KIND_COUNT; kind++) {
		size_t cursor = 0;
		const tel__kube_object *o;

		while ((o = tel__kube_next(kube, (tel__kube_kind)kind, &cursor))) {
			bool by_name = kind == TEL__KUBE_NODE || kind == TEL__KUBE_NAMESPACE;

			fuzz_check(o->kind == (tel__kube_kind)kind);
			fuzz_check(tel__kube_get(kube, o->kind, by_name ? o->name : o->uid) == o);
			n++;
		}
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_error err = TEL_ERROR_INIT;
	tel_kube *kube = NULL;
	tel_err first;
	size_t n;

	if (tel_kube_new(NULL, &kube))
		return 0;
	first = tel_kube_read(kube, fuzz_slice(data, size), &err);
	fuzz_check(!first || err.msg[0]);
	n = count(kube);
	fuzz_check(tel_kube_read(kube, fuzz_slice(data, size), NULL) == first);
	fuzz_check(count(kube) == n);
	tel_kube_free(kube);
	return 0;
}
