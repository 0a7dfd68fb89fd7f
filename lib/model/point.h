/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_POINT_H
#define TEL_MODEL_POINT_H
/* An opened point back into bytes. */
#include "model/edit.h"

/* As a field of the data message, with tag and length. */
void tel__point_write(const tel__point *point, uint32_t type, tel__dynbuf *out);

#endif
