/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_REGEX_KEYS_H
#define TEL_WIRE_REGEX_KEYS_H
/* Keys whose values are expressions: for a row's verify (base/keys.h). */
#include "base/keys.h"

TEL_PRIVATE_BEGIN

/* Reports what tel__regex_check() has against pattern, at the place within it. path as in report() of tel__key_check, without a
 * place; flags are those of tel__regex_new(). TEL_OK, also when it was reported, or TEL_ERR_NOMEM. */
tel_err tel__regex_verify(const tel__key_check *c, tel_slice pattern, unsigned flags, const char *path);

TEL_PRIVATE_END
#endif
