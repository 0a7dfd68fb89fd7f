/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_JSON_FIELDS_H
#define TEL_CODEC_OTLP_JSON_FIELDS_H
/* The members of OTLP/JSON's messages by name: those of model/fields.h, and the envelopes above them. */
#include "model/fields.h"

enum {
	TEL__JSON_REQUEST = TEL__SHAPE_COUNT, /* shapes of the envelopes, behind those of model/shape.h */
	TEL__JSON_RESOURCE_METRICS,
	TEL__JSON_SCOPE_METRICS
};

TEL_PRIVATE_BEGIN

const tel__shape *tel__json_shape(uint32_t shape);
const tel__field_info *tel__json_infos(uint32_t shape); /* TEL__SHAPE_FIELDS of them */
/* Field number of a key, in lowerCamelCase or snake_case; 0 = unknown. */
uint32_t tel__json_member(uint32_t shape, tel_slice key);
/* Value of a name of AggregationTemporality, the only enum of metrics; -1 = none. */
int32_t tel__json_enum(tel_slice name);

TEL_PRIVATE_END
#endif
