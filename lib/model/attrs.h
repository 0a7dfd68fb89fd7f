/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_ATTRS_H
#define TEL_MODEL_ATTRS_H
/* Prepared attributes: KeyValues as they stand in a message whose attributes are TEL__ATTRS_FIELD. */
#include <telemetry/builder.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

/* Attributes of NumberDataPoint, SummaryDataPoint and Exemplar, the most frequent: those are copied as they are. */
enum { TEL__ATTRS_FIELD = 7 };

struct tel_attrs {
	tel_alloc alloc;
	tel__dynbuf bytes;
	uint32_t *starts; /* where in bytes each KeyValue's tag stands */
	uint32_t count, cap;
};

TEL_PRIVATE_BEGIN
/* Copies the set to out with another field number below 16; out has room for attrs->bytes.len. */
void tel__attrs_copy(const tel_attrs *attrs, uint32_t field, uint8_t *out);
TEL_PRIVATE_END
#endif
