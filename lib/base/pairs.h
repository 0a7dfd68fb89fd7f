/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_PAIRS_H
#define TEL_BASE_PAIRS_H
/* Lists of the environment, "name=value,name2=value2", in the form of W3C baggage: blanks around names and values mean
 * nothing, both are percent-encoded, what follows a ';' in an entry is dropped. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* How many entries a list may have at most, for the caller's array. */
size_t tel__pairs_max(tel_slice list);
/* Cuts the next entry off *rest, empty ones are skipped; false at the end. */
bool tel__pairs_next(tel_slice *rest, tel_slice *ret_entry);
/* Decodes an entry; name and value point into out, which has room for entry.len bytes. false: no '=', no name, a broken
 * escape, or a control character. */
bool tel__pairs_read(tel_slice entry, char *out, tel_slice *ret_name, tel_slice *ret_value);

TEL_PRIVATE_END
#endif
