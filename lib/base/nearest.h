/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_NEAREST_H
#define TEL_BASE_NEAREST_H
/* The word that was probably meant, out of those that are known. */
#include <telemetry/slice.h>

#include "base/visibility.h"

/* Nearest of several words: Damerau's distance, upper case, '-' and '_' nearly free. */
typedef struct tel__nearest {
	tel_slice word, best; /* best empty: nothing is near enough */
	unsigned cost, limit;
} tel__nearest;

TEL_PRIVATE_BEGIN

tel__nearest tel__nearest_to(tel_slice word);
void tel__nearest_offer(tel__nearest *n, tel_slice candidate);

TEL_PRIVATE_END
#endif
