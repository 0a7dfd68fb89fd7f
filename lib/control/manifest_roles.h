/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_MANIFEST_ROLES_H
#define TEL_CONTROL_MANIFEST_ROLES_H
/*
 * What the manager may do. A role may only be granted by who holds it, so the manager holds what the objects that it applies
 * grant, and what applying them takes: both come from the rows of objects.h. What it does beside that stands in a table.
 */
#include "control/doc.h"

enum { TEL__MANIFEST_ROLES = 7 };

TEL_PRIVATE_BEGIN

/* ServiceAccount, ClusterRole, Role, their bindings, and what people are granted (view, edit). */
void tel__manager_roles_build(tel__doc *d, tel_slice space, tel__node *out[TEL__MANIFEST_ROLES]);

TEL_PRIVATE_END
#endif
