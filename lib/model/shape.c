/* SPDX-License-Identifier: Apache-2.0 */
#include "model/shape.h"

#include "wire/pb.h"

#define V TEL__KIND_VARINT
#define F8 TEL__KIND_FIXED64
#define T TEL__KIND_TEXT
#define B TEL__KIND_BYTES
#define M TEL__KIND_MESSAGE
#define MS TEL__KIND_MESSAGES
#define ATTRS(field) .kind[field] = MS, .sub[field] = TEL__SHAPE_KEY_VALUE
#define SUB(field, k, shape) .kind[field] = k, .sub[field] = shape
#define BIT(field) (1u << (field))

const tel__shape tel__shapes[TEL__SHAPE_COUNT] = {
	[TEL__SHAPE_ANY_VALUE] = { .kind[1] = T, .kind[2] = V, .kind[3] = V, .kind[4] = F8, .kind[7] = B,
	                           .kind[5] = M, .kind[6] = M,
	                           .sub[5] = TEL__SHAPE_ARRAY, .sub[6] = TEL__SHAPE_KVLIST,
	                           .oneof = BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) },
	[TEL__SHAPE_ARRAY] = { SUB(1, MS, TEL__SHAPE_ANY_VALUE) },
	[TEL__SHAPE_KVLIST] = { ATTRS(1) },
	[TEL__SHAPE_KEY_VALUE] = { .kind[1] = T, SUB(2, M, TEL__SHAPE_ANY_VALUE) },
	[TEL__SHAPE_ENTITY_REF] = { .kind[1] = T, .kind[2] = T, .kind[3] = TEL__KIND_TEXTS, .kind[4] = TEL__KIND_TEXTS },
	[TEL__SHAPE_RESOURCE] = { ATTRS(1), .kind[2] = V, SUB(3, MS, TEL__SHAPE_ENTITY_REF) },
	[TEL__SHAPE_SCOPE] = { .kind[1] = T, .kind[2] = T, ATTRS(3), .kind[4] = V },
	[TEL__SHAPE_EXEMPLAR] = { .kind[2] = F8, .kind[3] = F8, .kind[4] = B, .kind[5] = B, .kind[6] = F8, ATTRS(7),
	                          .oneof = BIT(3) | BIT(6) },
	[TEL__SHAPE_NUMBER_POINT] = { .kind[2] = F8, .kind[3] = F8, .kind[4] = F8, SUB(5, MS, TEL__SHAPE_EXEMPLAR),
	                              .kind[6] = F8, ATTRS(7), .kind[8] = V, .oneof = BIT(4) | BIT(6) },
	[TEL__SHAPE_HISTOGRAM_POINT] = { .kind[2] = F8, .kind[3] = F8, .kind[4] = F8, .kind[5] = F8,
	                                 .kind[6] = TEL__KIND_FIXED64S, .kind[7] = TEL__KIND_FIXED64S,
	                                 SUB(8, MS, TEL__SHAPE_EXEMPLAR), ATTRS(9), .kind[10] = V, .kind[11] = F8,
	                                 .kind[12] = F8 },
	[TEL__SHAPE_BUCKETS] = { .kind[1] = V, .kind[2] = TEL__KIND_VARINTS },
	[TEL__SHAPE_EXP_POINT] = { ATTRS(1), .kind[2] = F8, .kind[3] = F8, .kind[4] = F8, .kind[5] = F8, .kind[6] = V,
	                           .kind[7] = F8, SUB(8, M, TEL__SHAPE_BUCKETS), SUB(9, M, TEL__SHAPE_BUCKETS),
	                           .kind[10] = V, SUB(11, MS, TEL__SHAPE_EXEMPLAR), .kind[12] = F8, .kind[13] = F8,
	                           .kind[14] = F8 },
	[TEL__SHAPE_QUANTILE] = { .kind[1] = F8, .kind[2] = F8 },
	[TEL__SHAPE_SUMMARY_POINT] = { .kind[2] = F8, .kind[3] = F8, .kind[4] = F8, .kind[5] = F8,
	                               SUB(6, MS, TEL__SHAPE_QUANTILE), ATTRS(7), .kind[8] = V },
	[TEL__SHAPE_GAUGE] = { SUB(1, MS, TEL__SHAPE_NUMBER_POINT) },
	[TEL__SHAPE_SUM] = { SUB(1, MS, TEL__SHAPE_NUMBER_POINT), .kind[2] = V, .kind[3] = V },
	[TEL__SHAPE_HISTOGRAM] = { SUB(1, MS, TEL__SHAPE_HISTOGRAM_POINT), .kind[2] = V },
	[TEL__SHAPE_EXP_HISTOGRAM] = { SUB(1, MS, TEL__SHAPE_EXP_POINT), .kind[2] = V },
	[TEL__SHAPE_SUMMARY] = { SUB(1, MS, TEL__SHAPE_SUMMARY_POINT) },
	[TEL__SHAPE_METRIC] = { .kind[1] = T, .kind[2] = T, .kind[3] = T,
	                        .kind[5] = M, .kind[7] = M, .kind[9] = M, .kind[10] = M, .kind[11] = M,
	                        .sub[5] = TEL__SHAPE_GAUGE, .sub[7] = TEL__SHAPE_SUM, .sub[9] = TEL__SHAPE_HISTOGRAM,
	                        .sub[10] = TEL__SHAPE_EXP_HISTOGRAM, .sub[11] = TEL__SHAPE_SUMMARY, ATTRS(12),
	                        .oneof = BIT(5) | BIT(7) | BIT(9) | BIT(10) | BIT(11) },
};

tel__shape_id tel__shape_of_data(uint32_t type)
{
	const tel__shape *metric = &tel__shapes[TEL__SHAPE_METRIC];

	if (type >= TEL__SHAPE_FIELDS || !(metric->oneof & BIT(type)))
		return TEL__SHAPE_NONE;
	return (tel__shape_id)metric->sub[type];
}

tel__shape_id tel__shape_of_point(uint32_t type)
{
	return (tel__shape_id)tel__shapes[tel__shape_of_data(type)].sub[1];
}

tel__kind tel__shape_kind(const tel__shape *shape, uint32_t number, uint32_t wire)
{
	tel__kind kind = number < TEL__SHAPE_FIELDS ? (tel__kind)shape->kind[number] : TEL__KIND_UNKNOWN;
	bool fits;

	switch (kind) {
	case TEL__KIND_VARINT:
		fits = wire == TEL__PB_VARINT;
		break;
	case TEL__KIND_FIXED64:
		fits = wire == TEL__PB_FIXED64;
		break;
	case TEL__KIND_FIXED64S:
		fits = wire == TEL__PB_FIXED64 || wire == TEL__PB_LEN;
		break;
	case TEL__KIND_VARINTS:
		fits = wire == TEL__PB_VARINT || wire == TEL__PB_LEN;
		break;
	default:
		fits = wire == TEL__PB_LEN;
	}
	return fits ? kind : TEL__KIND_UNKNOWN;
}
