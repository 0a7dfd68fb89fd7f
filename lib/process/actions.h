/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_ACTIONS_H
#define TEL_PROCESS_ACTIONS_H
/* Actions on attributes, of the processors resource and attributes. otel-processing.md 7.3. */
#include "model/kvs.h"
#include "process/processor.h"
#include "wire/yaml.h"

typedef struct tel__action_options {
	tel_slice key, pattern, from_attribute, from_context, converted_type, action;
	const tel__node *value, *default_value; /* NULL or a null: none */
} tel__action_options;

typedef struct tel__actions tel__actions;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__action_table; /* one action, for a TEL__KEY_SECTIONS row */

/* What is wrong with the actions, in the Collector's words; list is the name of their key. */
void tel__actions_check(const tel__key_list *actions, const char *list,
                        void (*report)(void *user, const char *path, const char *msg), void *user);

/* The options must outlive the actions. TEL_ERR_CONFIG (a hash without crypto), TEL_ERR_NOMEM. */
tel_err tel__actions_new(const tel__processor_env *env, const tel__key_list *options, tel__actions **ret_actions,
                         tel_error *err);
void tel__actions_free(tel__actions *actions);

/* Applies all actions in order. New texts live in arena. TEL_ERR_NOMEM, TEL_ERR_LIMIT (a regular expression took too long,
 * or texts too much room), or what a digest failed with. */
tel_err tel__actions_apply(const tel__actions *actions, const tel__run *run, tel__arena *arena, tel__kvs *attributes,
                           tel_error *err);

TEL_PRIVATE_END
#endif
