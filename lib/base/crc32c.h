/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_CRC32C_H
#define TEL_BASE_CRC32C_H
/* CRC-32C (Castagnoli), SSE4.2 where the processor has it. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN
/* Start with 0; the answer goes in again to continue. */
uint32_t tel__crc32c(uint32_t crc, tel_slice bytes);
uint32_t tel__crc32c_portable(uint32_t crc, tel_slice bytes); /* without the instruction, as on other processors */
TEL_PRIVATE_END
#endif
