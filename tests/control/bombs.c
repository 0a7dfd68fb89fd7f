/* SPDX-License-Identifier: Apache-2.0 */
#include "control/bombs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"
#define HEAD KIND "metadata: {name: p}\n"
#define OUTPUT "spec:\n  output: {otlp: {endpoint: {value: x}}}\n"
#define STATUS HEAD OUTPUT "status:\n"
#define TEN(x) x "," x "," x "," x "," x "," x "," x "," x "," x "," x
#define NODES "yaml: more than 32768 nodes"
#define DEEP "nesting is deeper than 64"

const bomb bombs[] = {
	/* YAML */
	{ "aliases of aliases", STATUS "  a: &a [" TEN("x") "]\n  b: &b [" TEN("*a") "]\n  c: &c [" TEN("*b") "]\n  d: &d [" TEN("*c") "]\n"
	  "  e: &e [" TEN("*d") "]\n", "#x\n", NULL, "", NODES },
	{ "anchors", STATUS, "  - &a", " 1\n", "", NODES },
	{ "merges", "", "", NULL, "", NODES },
	{ "deep lists", HEAD "status: ", "[", NULL, "", DEEP },
	{ "deep maps", HEAD "status: ", "{a: ", NULL, "", DEEP },
	{ "deep dashes", "", "- ", NULL, "\n", DEEP },
	{ "deep keys", "", "? ", NULL, "\n", DEEP },
	{ "lists that never end", "", "[\n", NULL, "", DEEP },
	{ "colons", "", "a:", NULL, "\n", "mapping values are not allowed" },
	{ "quotes", "", "''", NULL, "\n", "Object 'Kind' is missing" },
	{ "control characters", "", "\x01", NULL, "", "control characters are not allowed" },
	{ "tabs", "", "\t", NULL, "", "found character that cannot start any token" },
	{ "directives", "", "%YAML 1.1\n", NULL, "", "found duplicate %YAML directive" },
	{ "tags", STATUS, "  - !!str a\n", NULL, "", NODES },
	{ "keys", STATUS, "  k", ": 1\n", "", NODES },
	{ "comments", HEAD OUTPUT, "#\n", NULL, "", NULL },
	{ "documents of nothing", "", "---\n", NULL, "", NODES },
	/* resources */
	{ "documents of no kind", "", "---\na\n", NULL, "", NODES },
	{ "equal pipelines", "", "---\n" HEAD OUTPUT, NULL, "", NODES },
	{ "pipelines", "", "---\n" KIND "metadata: {name: p", "}\n" OUTPUT, "", NODES },
	{ "pipelines without anything", "kind: List\nitems:\n", "- {kind: MetricPipeline}\n", NULL, "", NODES },
	{ "Telemetry resources", "", "---\n{kind: Telemetry, apiVersion: operator.kyma-project.io/v1beta1}\n", NULL, "", NODES },
	{ "facts", "", "---\nkind: RenderFacts\n", NULL, "", NODES },
	{ "Secrets", "", "---\n{kind: Secret, apiVersion: v1, data: {a: YQ==}}\n", NULL, "", NODES },
	{ "a Secret with many keys", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n",
	  "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ": '*'\n", "", "illegal base64 data" },
	{ "fields that do not exist", HEAD "spec:\n", "  outpudoutpudoutpudoutpudoutpudoutpudoutpudoutpudoutpudoutpud", ": 1\n", "",
	  "unknown field \"outpud" },
	{ "fields nearly right, in many objects", HEAD OUTPUT "  filter:\n", "    - {conditons: []}\n", NULL, "", NODES },
	{ "labels that are numbers", KIND "metadata:\n  name: p\n  labels:\n",
	  "    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ": 1\n", OUTPUT,
	  "Invalid value: \"integer\": metadata.labels.aaaaaaaa" },
	{ "objects in a list", HEAD OUTPUT "  filter: [", "{},", NULL, "{}]\n", NODES },
	{ "numbers where objects belong", HEAD OUTPUT "  filter: [", "1,", NULL, "1]\n", NODES },
	{ "conditions", HEAD OUTPUT "  filter:\n    - conditions: [", "a,", NULL, "a]\n", NODES },
	{ "headers without a name", HEAD "spec: {output: {otlp: {endpoint: {value: x}, headers: [", "{},", NULL, "{}]}}}\n", NODES },
	{ "namespaces that are none", HEAD OUTPUT "  input: {otlp: {namespaces: {include: [", "A,", NULL, "A]}}}\n", NODES },
	{ "a long name", KIND "metadata: {name: ", "a", NULL, "}\n" OUTPUT, NULL },
	{ "a long value", HEAD "spec: {output: {otlp: {endpoint: {value: ", "a", NULL, "}}}}\n", NULL },
	{ "a long value of escapes", HEAD "spec: {output: {otlp: {endpoint: {value: \"", "\\n", NULL, "\"}}}}\n", NULL },
	{ "a long word", HEAD "spec: {output: {otlp: {endpoint: {value: x}, protocol: ", "a", NULL, "}}}\n", "Unsupported value: \"aaaa" },
	{ "a long namespace", HEAD OUTPUT "  input: {otlp: {namespaces: {include: [", "a", NULL, "]}}}\n", "Too long: may not be" },
	{ "a long token URL", HEAD "spec: {output: {otlp: {endpoint: {value: x}, authentication: {oauth2: {clientID: {value: x}, clientSecret: "
	  "{value: x}, tokenURL: {value: 'https://", "a", NULL, "'}}}}}}\n", NULL },
	{ "a long key", HEAD OUTPUT "? ", "b", NULL, "\n: 1\n", "unknown field \"bbbb" },
	{ "a long kind", "kind: ", "b", NULL, "\n", "kind \"bbbb" },
	{ "a long interval", "apiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nspec: {metric: {collectionInterval: ", "90h", NULL,
	  "}}\n", "Invalid value: \"90h90h" },
	{ "a line that is folded often", HEAD OUTPUT "status: >\n", "  a\n\n", NULL, "", NULL },
	{ "JSON", "{\"kind\":\"MetricPipeline\",\"status\":[", "\"\",", NULL, "\"\"]}", NODES },
};
const size_t bombs_count = sizeof(bombs) / sizeof(bombs[0]);

/* A map that is merged into itself again and again, and into others. */
static char *merges(size_t *ret_len)
{
	enum { KEYS = 16000, USES = 99 };
	char *text = malloc(BOMB_BYTES), *out = text;

	if (!text)
		abort();
	out += sprintf(out, "%s  a: &a\n", STATUS);
	for (unsigned i = 0; i < KEYS; i++)
		out += sprintf(out, "    k%u: 1\n", i);
	for (unsigned i = 0; i < USES; i++)
		out += sprintf(out, "  m%u: {<<: *a}\n", i);
	*ret_len = (size_t)(out - text);
	return text;
}

char *bomb_new(const bomb *b, size_t *ret_len)
{
	size_t room = BOMB_BYTES + 4096, n, end = strlen(b->tail);
	char *text;

	if (b->part[0] == 0)
		return merges(ret_len);
	text = malloc(room);
	if (!text)
		abort();
	n = (size_t)snprintf(text, room, "%s", b->head);
	for (unsigned i = 0; n + end + 128 < BOMB_BYTES; i++) {
		size_t part = strlen(b->part);

		memcpy(text + n, b->part, part);
		n += part;
		if (b->part_end)
			n += (size_t)snprintf(text + n, room - n, "%06u%s", i, b->part_end);
	}
	n += (size_t)snprintf(text + n, room - n, "%s", b->tail);
	*ret_len = n;
	return text;
}
