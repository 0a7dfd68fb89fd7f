/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_RENDERED_H
#define TESTS_CONTROL_RENDERED_H
/* Objects out of a text of resources, read back from the YAML that was written, so that a test can ask for one value. */
#include <telemetry/render.h>

#include "control/parsed.h"
#include "wire/yaml.h"

typedef struct rendered {
	parsed p;
	tel_object_facts objects_given;
	tel_render_facts facts;
	tel_objects *objects;
	tel_buf *text;
	tel__arena *arena;
	tel__node *documents;
} rendered;

typedef enum rendered_what { RENDERED_OBJECTS, RENDERED_UNWANTED } rendered_what;

/* Fails the test when text is not taken, or the objects are not the same as YAML and as JSON. */
void rendered_init(rendered *r, const char *text, rendered_what what);
void rendered_fini(rendered *r);
/* NULL when there is none. "Deployment/telemetry-metric-gateway" */
const tel__node *rendered_find(const rendered *r, const char *object);
/*
 * The value at a path as JSON, "-" when there is none; free(). Steps have '|' between them: a key, an index of a list, or
 * the name of an item of a list: "spec|template|spec|volumes|config|projected".
 */
char *rendered_value(const rendered *r, const char *object, const char *path);
/* Fails the test unless the value is this one. */
void rendered_expect(const rendered *r, const char *name, const char *object, const char *path, const char *wanted);
/* "Kind/name" of all, in their order, a line each; free(). */
char *rendered_names(const rendered *r);

#endif
