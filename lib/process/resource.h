/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_RESOURCE_H
#define TEL_PROCESS_RESOURCE_H
/* Processors resource and attributes: actions (process/actions.h) on resources and on data points. */
#include "process/processor.h"

TEL_PRIVATE_BEGIN
extern const tel__component tel__resource_processor;
extern const tel__component tel__attributes_processor;
TEL_PRIVATE_END
#endif
