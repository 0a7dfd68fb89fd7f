/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_CRC32C_H
#define TEL_BASE_CRC32C_H
/* CRC-32C (Castagnoli), SSE4.2 where the processor has it. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN
uint32_t tel__crc32c(uint32_t crc, tel_slice bytes); /* start with 0 */
TEL_PRIVATE_END
#endif
