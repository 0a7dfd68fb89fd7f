/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_EDIT_H
#define TELEMETRY_EDIT_H
/**
 * @defgroup tel_edit Editing
 * Changes a batch that was received or built: attributes, names, what is dropped. A place is named by a cursor that
 * stands there. Only what is touched is opened, once, and written anew by tel_edit_finish(); everything else stays the
 * bytes that arrived, unknown fields included.
 *
 * Until then the batch is in an editing pass: cursors go on reading it as it was before, and what is dropped is still
 * there to be stepped over. tel_edit_finish() ends the pass, and with it every cursor over the batch. Submitting,
 * sharing, merging, splitting and compacting end it, too; tel_otlp_encode() refuses a batch that is in one.
 *
 * A batch that is shared may be edited: the path to what is touched is copied first, the other handles see nothing.
 * A call that fails has changed nothing that can be seen; the pass may go on, be finished, or the batch freed.
 *
 * Typical use: tel_cursor_init(), tel_cursor_next_resource(), tel_edit_resource_attr(), tel_cursor_next_metric(),
 * tel_edit_metric_name(), ... tel_edit_finish().
 * @{
 */
#include <telemetry/cursor.h>
#include <telemetry/error.h>
#include <telemetry/metrics.h>
#include <telemetry/value.h>

TEL_BEGIN_DECLS

/**
 * Set or remove an attribute of a resource.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a resource, or deeper in it
 * @param[in] key      UTF-8; copied
 * @param[in] value    copied; NULL removes every attribute of that key, and one that is not there is no error
 * @return TEL_OK; TEL_ERR_ARG (NULL, a cursor over another batch, a key or value that is not UTF-8, an unknown type);
 *         TEL_ERR_STATE (the cursor stands at no resource); TEL_ERR_LIMIT (value nesting over 64, or thousands of empty
 *         attributes); TEL_ERR_NOMEM.
 *
 * An attribute that is there is replaced in its place, a new one goes to the end.
 * Cost:    the first touch opens the attributes of the resource; then O(attributes).
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, resource.proto, Resource.
 */
TEL_API tel_err tel_edit_resource_attr(tel_metrics *metrics, const tel_cursor *at, tel_slice key, const tel_value *value);

/**
 * Set or remove an attribute of a scope.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a scope, or deeper in it
 * @param[in] key      UTF-8; copied
 * @param[in] value    copied; NULL removes every attribute of that key
 * @return as tel_edit_resource_attr(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    the first touch opens the attributes of the scope; then O(attributes).
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, InstrumentationScope.
 */
TEL_API tel_err tel_edit_scope_attr(tel_metrics *metrics, const tel_cursor *at, tel_slice key, const tel_value *value);

/**
 * Set or remove an attribute of a data point.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a point: the one that tel_cursor_next_point() read last
 * @param[in] key      UTF-8; copied
 * @param[in] value    copied; NULL removes every attribute of that key
 * @return as tel_edit_resource_attr(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_LIMIT (also millions of empty points);
 *         TEL_ERR_NOMEM.
 *
 * Points that become equal by it are not merged.
 * Cost:    the first touch lists the points of the metric and opens this one; then O(attributes).
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, NumberDataPoint and its kin.
 */
TEL_API tel_err tel_edit_point_attr(tel_metrics *metrics, const tel_cursor *at, tel_slice key, const tel_value *value);

/**
 * Rename a metric.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a metric, or at a point of it
 * @param[in] name     UTF-8, not empty; copied
 * @return TEL_OK; TEL_ERR_ARG (NULL, a cursor over another batch, not UTF-8, empty); TEL_ERR_STATE (the cursor stands at no
 *         metric); TEL_ERR_LIMIT (thousands of empty metadata entries); TEL_ERR_NOMEM.
 *
 * Metrics that become equal by it are not merged.
 * Cost:    the first touch opens the metric without its points; the points stay as they are.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.
 */
TEL_API tel_err tel_edit_metric_name(tel_metrics *metrics, const tel_cursor *at, tel_slice name);

/**
 * Set the unit of a metric. The values of its points are not converted.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a metric, or at a point of it
 * @param[in] unit     UTF-8, or empty; copied
 * @return as tel_edit_metric_name(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    as tel_edit_metric_name().
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.
 */
TEL_API tel_err tel_edit_metric_unit(tel_metrics *metrics, const tel_cursor *at, tel_slice unit);

/**
 * Set the description of a metric.
 *
 * @param[in] metrics      batch
 * @param[in] at           cursor over the batch that stands at a metric, or at a point of it
 * @param[in] description  UTF-8, or empty; copied
 * @return as tel_edit_metric_name(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    as tel_edit_metric_name().
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.
 */
TEL_API tel_err tel_edit_metric_description(tel_metrics *metrics, const tel_cursor *at, tel_slice description);

/**
 * Drop a resource with everything in it.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at the resource, or deeper in it
 * @return TEL_OK; TEL_ERR_ARG (NULL, a cursor over another batch); TEL_ERR_STATE (the cursor stands at no resource);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    constant; the first touch of a shared batch copies the list of resources.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_edit_drop_resource(tel_metrics *metrics, const tel_cursor *at);

/**
 * Drop a scope with everything in it; a resource that becomes empty by it goes, too.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at the scope, or deeper in it
 * @return as tel_edit_drop_resource(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_NOMEM.
 *
 * Cost:    as tel_edit_drop_resource().
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_edit_drop_scope(tel_metrics *metrics, const tel_cursor *at);

/**
 * Drop a metric; a scope or resource that becomes empty by it goes, too.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at the metric, or at a point of it
 * @return as tel_edit_drop_resource(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_NOMEM.
 *
 * Cost:    as tel_edit_drop_resource().
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_edit_drop_metric(tel_metrics *metrics, const tel_cursor *at);

/**
 * Drop a data point; a metric, scope or resource that becomes empty by it goes, too.
 *
 * @param[in] metrics  batch
 * @param[in] at       cursor over the batch that stands at a point: the one that tel_cursor_next_point() read last
 * @return as tel_edit_drop_resource(): TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE; TEL_ERR_LIMIT (millions of empty points);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    the first touch lists the points of the metric; then constant.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_edit_drop_point(tel_metrics *metrics, const tel_cursor *at);

/**
 * End an editing pass: what was opened becomes bytes again, what was dropped goes.
 *
 * @param[in] metrics  batch; cursors over it are void afterwards
 * @return TEL_OK, also where nothing was edited; TEL_ERR_ARG (NULL); TEL_ERR_LIMIT (a metric over 2 GiB); TEL_ERR_NOMEM: the
 *         pass is still open, and the call may be repeated.
 *
 * Cost:    O(what was changed): one copy of each changed resource, scope, metric frame, and of the points of a metric in
 *          which one was changed.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    doc/internals/model.md.
 */
TEL_API tel_err tel_edit_finish(tel_metrics *metrics);

TEL_END_DECLS
/** @} */
#endif
