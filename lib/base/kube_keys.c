/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kube_keys.h"

#include <stddef.h>

static const char *const auth_words[] = { "none", "serviceAccount", "kubeConfig", "tls", NULL };

static const tel__key api_keys[] = {
	{ .name = "auth_type", .type = TEL__KEY_ENUM, .offset = offsetof(tel__kube_api_options, auth_type),
	  .def = "serviceAccount", .words = auth_words, .bad = "invalid authType for kubernetes: {}",
	  .help = "how to sign in at the API server: by the pod's service account, a kubeconfig, or not at all" },
	{ .name = "context", .type = TEL__KEY_STRING, .offset = offsetof(tel__kube_api_options, context),
	  .help = "context of the kubeconfig; none = its current one" },
};

const tel__key_table tel__kube_api_keys = { "k8sconfig.APIConfig", sizeof(tel__kube_api_options), api_keys,
	                                        TEL__KEY_COUNT(api_keys), NULL };
