/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_CERTIFICATES_H
#define TEL_CONTROL_CERTIFICATES_H
/* The rules about certificates of an output (kyma-metrics.md 6.4), over facts that somebody else has read. */
#include <telemetry/status.h>

#include "control/doc.h"

/* What validation says of a pipeline, or one step of it. */
typedef struct tel__judgement {
	tel_pipeline_verdict verdict;
	tel_slice reason;  /* the reconciler's words; lives as long as the document's arena */
	int64_t recheck_s; /* when time alone will change the verdict; 0: never */
} tel__judgement;

TEL_PRIVATE_BEGIN

tel__judgement tel__certificates_judge(tel__doc *d, const tel_certificate_facts *facts, uint64_t now_unix_ns);

TEL_PRIVATE_END
#endif
