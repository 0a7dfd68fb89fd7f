/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_FINDINGS_H
#define TEL_CONFIG_FINDINGS_H
/* Adding to a list of findings. Texts are copied; control characters are escaped there, once for all. */
#include <telemetry/config.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* findings may be NULL. A refused allocation sticks: tel__findings_error(). */
void tel__findings_add(tel_findings *findings, const tel_finding *finding);
tel_err tel__findings_error(const tel_findings *findings);

TEL_PRIVATE_END
#endif
