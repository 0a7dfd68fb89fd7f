/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_FORWARD_H
#define TEL_PROCESS_FORWARD_H
/* Connector forward: passes each batch to every pipeline that lists it as a receiver (otel-processing.md 6.3). */
#include "process/processor.h"

TEL_PRIVATE_BEGIN
extern const tel__component tel__forward;
TEL_PRIVATE_END
#endif
