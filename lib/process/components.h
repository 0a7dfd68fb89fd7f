/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_COMPONENTS_H
#define TEL_PROCESS_COMPONENTS_H
/* The table behind tel_components_core(), for tables that extend it. */
#include "base/keys.h"

TEL_PRIVATE_BEGIN
extern const struct tel_components tel__components_core;
TEL_PRIVATE_END
#endif
