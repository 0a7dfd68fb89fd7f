/* SPDX-License-Identifier: Apache-2.0 */
#include "process/k8s_attributes.h"

static const char *const old_names[] = { "k8sattributes", NULL };

const tel__component tel__k8s_attributes = {
	.type = "k8s_attributes",
	.old_names = old_names,
	.kind = TEL__KIND_PROCESSOR,
	.keys = &tel__k8s_table,
	.help = "sets what Kubernetes knows of the pod that sent the data",
};
