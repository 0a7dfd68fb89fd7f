/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_SAME_H
#define TEL_CONFIG_SAME_H
/*
 * Whether two loaded components are told the same: the effective options compared by their key table, defaults filled in,
 * secrets included. This is the identity of a reload; a hash of the options could collide, and a change that goes
 * unnoticed is worse than a comparison that takes a microsecond.
 */
#include "config/config_i.h"

TEL_PRIVATE_BEGIN

/* What a key table describes, compared field by field; keys that are accepted and ignored do not count. No allocation. */
bool tel__options_same(const tel__key_table *table, const void *a, const void *b);
/* Same kind, id, row and options. */
bool tel__component_same(const tel__config_component *a, const tel__config_component *b);

TEL_PRIVATE_END
#endif
