/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_SYSTEM_H
#define TEL_NET_SYSTEM_H
/* The real clock, random source, sockets and files. The only place that asks the operating system for them. */
#include "base/seams.h"

TEL_PRIVATE_BEGIN
extern const tel__sock_ops tel__sock_system;
extern const tel__fs_ops tel__fs_system;
extern const tel_clock tel__clock_system;
extern const tel_random tel__random_system; /* getrandom per call: no state in the process */
TEL_PRIVATE_END
#endif
