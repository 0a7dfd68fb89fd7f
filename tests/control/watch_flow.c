/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what is found at each look of a scenario on standard input (control/flow_lines.h), for tests in other languages. */
#include "control/flow_lines.h"

#include "seams/cm.h"

#include <stdio.h>

int main(void)
{
	tel__monitor *m = NULL;
	char line[4096], found[4096];
	tel_slice wanted;

	assert_ok(tel__monitor_new(NULL, &m));
	while (fgets(line, sizeof(line), stdin)) {
		assert_ok(flow_line(m, (tel_slice){ line, strcspn(line, "\n") }, found, sizeof(found), &wanted));
		if (wanted.ptr)
			printf("%s\n", found);
	}
	tel__monitor_free(m);
	return 0;
}
