/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/api.h>

#include "config.h"

const char *tel_version(void)
{
	return PACKAGE_VERSION;
}
