/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_KUBE_H
#define TELEMETRY_KUBE_H
/**
 * @defgroup tel_kube Kubernetes metadata
 * What is known of a cluster: pods, nodes, namespaces and workloads, for the processor k8s_attributes.
 *
 * Typical use: tel_kube_new(), tel_kube_read() per list, then tel_graph_opts.kube.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Objects of a cluster. */
typedef struct tel_kube tel_kube;

/**
 * Make an empty cluster.
 *
 * @param[in]  alloc     NULL for the C library's
 * @param[out] ret_kube  new, drop with tel_kube_free(); untouched on failure
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM.
 *
 * Cost:    constant.
 * Threads: it belongs to the thread of the graphs that use it.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_kube_new(const tel_alloc *alloc, tel_kube **ret_kube);

/**
 * Let go of a cluster. Graphs that use it keep it.
 *
 * @param[in] kube  may be NULL
 *
 * Cost:    linear in its objects.
 * Threads: its own.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_kube_free(tel_kube *kube);

/**
 * Take the objects of a Kubernetes list, or a single object, in JSON as kubectl prints it. An object that is known already
 * is replaced; kinds that nobody asks for are left out.
 *
 * @param[in]  kube  cluster
 * @param[in]  text  one JSON document
 * @param[out] err   optional; line and column
 * @return TEL_OK; TEL_ERR_MALFORMED (no JSON, or no list of objects); TEL_ERR_LIMIT (nested too deep); TEL_ERR_NOMEM;
 *         TEL_ERR_ARG. What stood before the damage may have been taken.
 *
 * Cost:    one pass over the text, twice over its top level; memory for the fields that are used.
 * Threads: its own.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, "process"; otel-processing.md 8.4 to 8.7.
 */
TEL_API tel_err tel_kube_read(tel_kube *kube, tel_slice text, tel_error *err);

TEL_END_DECLS
/** @} */
#endif
