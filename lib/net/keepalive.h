/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_KEEPALIVE_H
#define TEL_NET_KEEPALIVE_H
#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* Makes a TCP socket notice that its peer is gone without a word (a node that lost its power): an idle one after two
 * minutes, one with bytes on the way after half a minute instead of the kernel's fifteen. A listening socket hands it on
 * to what it accepts. Without effect on other sockets. */
void tel__keepalive_set(int fd);

TEL_PRIVATE_END
#endif
