/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAKEDIGEST_H
#define TESTS_SEAMS_FAKEDIGEST_H
/* Digests that are no digests, for programs without OpenSSL: equal for equal bytes, however they are cut. */
#include <telemetry/crypto.h>

const tel_crypto_ops *fakedigest(void);

#endif
