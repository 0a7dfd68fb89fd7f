/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_DOC_H
#define TEL_CONTROL_DOC_H
/*
 * Building a document that is going to be written as YAML. Nodes live in an arena; a refused allocation sticks in failed,
 * and every call takes NULL for a node that could not be made, so that a builder checks once at the end. Keys and texts
 * that are handed in must live as long as the arena.
 */
#include "base/arena.h"
#include "base/dynbuf.h"
#include "wire/yaml.h"

typedef struct tel__doc {
	tel__arena *arena;
	bool failed;
} tel__doc;

TEL_PRIVATE_BEGIN

tel__node *tel__doc_new_map(tel__doc *d);
tel__node *tel__doc_new_list(tel__doc *d);
tel__node *tel__doc_new_text(tel__doc *d, tel_slice text);
/* Adds under key; an empty map or list that it gives back is filled later. */
void tel__doc_add(tel__doc *d, tel__node *map, const char *key, tel__node *value);
void tel__doc_add_slice(tel__doc *d, tel__node *map, tel_slice key, tel__node *value);
tel__node *tel__doc_map(tel__doc *d, tel__node *map, const char *key);
tel__node *tel__doc_list(tel__doc *d, tel__node *map, const char *key);
void tel__doc_text(tel__doc *d, tel__node *map, const char *key, const char *text);
void tel__doc_slice(tel__doc *d, tel__node *map, const char *key, tel_slice text);
void tel__doc_bool(tel__doc *d, tel__node *map, const char *key, bool value);
void tel__doc_int(tel__doc *d, tel__node *map, const char *key, int64_t value);
void tel__doc_double(tel__doc *d, tel__node *map, const char *key, double value);
void tel__doc_duration(tel__doc *d, tel__node *map, const char *key, int64_t ns); /* Go's text */
/* What stands under key, to be filled further; NULL: nothing, or no map. */
tel__node *tel__doc_at(tel__node *map, const char *key);
/* Elements of a list. */
void tel__doc_append(tel__doc *d, tel__node *list, tel__node *item);
void tel__doc_append_text(tel__doc *d, tel__node *list, const char *text);
void tel__doc_append_slice(tel__doc *d, tel__node *list, tel_slice text);
void tel__doc_append_slices(tel__doc *d, tel__node *list, const tel_slice *texts, size_t count);
tel__node *tel__doc_append_map(tel__doc *d, tel__node *list);
/* "a,b" as a list of texts under key. */
void tel__doc_words(tel__doc *d, tel__node *map, const char *key, const char *words);
/* A text in the arena; never NULL. */
tel_slice tel__doc_copy(tel__doc *d, tel_slice text);
tel_slice tel__doc_fmt(tel__doc *d, const char *fmt, ...) TEL_PRINTF(2, 3);

/* Keys in the order of Go's YAML library: natural, kyma-metrics.md 3.1. */
void tel__doc_sort(tel__node *map);
int tel__doc_compare_keys(tel_slice a, tel_slice b);
/* As Kubernetes has them: in byte order. Of equal keys, which may be added, the last one stays. */
void tel__doc_sort_bytes(tel__node *map);

/*
 * Writes in the form of Go's YAML library with an indent of four (kyma-metrics.md 3.1): quotes only where the text would
 * read back as something else, lines never folded; lists under the key "source_labels" in one line. The root is a map.
 */
void tel__doc_write(const tel__node *root, tel__dynbuf *out);
/* The same as JSON in one line, as the API server takes it. A number that JSON has not (NaN, infinite) becomes null. */
void tel__doc_write_json(const tel__node *root, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
