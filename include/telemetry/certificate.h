/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CERTIFICATE_H
#define TELEMETRY_CERTIFICATE_H
/**
 * @defgroup tel_certificate Certificates
 * Reads what tel_status_judge() wants to know of certificates. Part of libtelemetry-io, for it needs OpenSSL.
 * @{
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>
#include <telemetry/status.h>

TEL_BEGIN_DECLS

/**
 * Read certificates and a key out of PEM, as Kyma's manager does: the first block of each text. Fits tel_status_facts.
 *
 * @param[in] user  not used
 * @param[in] cert  PEM of the certificate; ptr NULL: not configured
 * @param[in] key  PEM of its key; ptr NULL: not configured
 * @param[in] ca  PEM of the authorities; ptr NULL: not configured
 * @param[in,out] facts  initialised; written up to its size member
 * @return TEL_OK, also where a text is damaged, for the facts say so; TEL_ERR_NOMEM.
 *
 * Cost:    linear in the texts, and one check of a key. Texts above 1 MiB are not parsed.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 6.4.
 */
TEL_API tel_err tel_certificates_read(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts);

TEL_END_DECLS
/** @} */
#endif
