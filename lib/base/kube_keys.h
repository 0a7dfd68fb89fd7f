/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_KUBE_KEYS_H
#define TEL_BASE_KUBE_KEYS_H
/*
 * Keys that every component which talks to Kubernetes has: how it signs in, and which extension says when it leads. Squash the
 * table into the component's own:
 *
 *	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, .offset = offsetof(x_options, api), .section = &tel__kube_api_keys,
 *	  .help = "" },
 *	TEL__LEADER_KEY(x_options, leader),
 */
#include "base/keys.h"

typedef enum tel__kube_auth {
	TEL__KUBE_AUTH_NONE,
	TEL__KUBE_AUTH_SERVICE_ACCOUNT,
	TEL__KUBE_AUTH_KUBE_CONFIG,
	TEL__KUBE_AUTH_TLS
} tel__kube_auth;

typedef struct tel__kube_api_options {
	int32_t auth_type; /* tel__kube_auth */
	tel_slice context; /* of the kubeconfig; empty = its current one */
} tel__kube_api_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__kube_api_keys;

TEL_PRIVATE_END

/* field: tel_slice, the id of the extension; empty = always active. */
#define TEL__LEADER_KEY(options, field) \
	{ .name = "k8s_leader_elector", .type = TEL__KEY_STRING, .offset = offsetof(options, field), .role = TEL__ROLE_LEADER, \
	  .flags = TEL__KEY_NOT_EMPTY, .bad = "referenced extension is not k8s leader elector", \
	  .help = "id of the extension that says which replica is active; none = every one" }

#endif
