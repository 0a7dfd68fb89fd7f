/* SPDX-License-Identifier: Apache-2.0 */
/* A table that is read finds each of its users, and reads the same again from its own lines; a text that is refused names a
 * line and shows nothing of it. */
#include "auth/htpasswd.h"
#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "fuzz/fuzz.h"

static void read_again(const tel__htpasswd *t)
{
	tel__htpasswd again;
	tel__dynbuf lines;
	tel_slice text;
	size_t which;

	tel__dynbuf_init(&lines, &tel__alloc_libc, 1 << 24);
	for (size_t i = 0; i < t->count; i++) {
		const tel__htpasswd_user *u = &t->users[i];
		fuzz_check(tel__htpasswd_find(t, u->name) == u);
		fuzz_check(u->stored.len > 0 && tel__slice_find(u->name, ':') == u->name.len);
		tel__dynbuf_slice(&lines, u->name);
		tel__dynbuf_byte(&lines, ':');
		tel__dynbuf_slice(&lines, u->stored);
		tel__dynbuf_byte(&lines, '\n');
	}
	text = tel__dynbuf_get(&lines);
	fuzz_check(tel__htpasswd_parse(&tel__alloc_libc, &text, 1, &again, &which, NULL) == TEL_OK);
	fuzz_check(again.count == t->count);
	tel__htpasswd_fini(&again);
	tel__dynbuf_fini(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice text = fuzz_slice(data, size);
	tel_error err = TEL_ERROR_INIT;
	tel__htpasswd t;
	size_t which;

	if (tel__htpasswd_parse(&tel__alloc_libc, &text, 1, &t, &which, &err) != TEL_OK) {
		fuzz_check(err.code == TEL_ERR_CONFIG && err.msg[0]);
		return 0;
	}
	read_again(&t);
	tel__htpasswd_fini(&t);
	return 0;
}
