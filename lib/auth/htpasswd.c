/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/htpasswd.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"

static size_t count_lines(tel_slice text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	return lines;
}

static tel_err take_line(tel__htpasswd *t, tel_slice line, uint32_t number, uint32_t order, tel_error *err)
{
	tel__htpasswd_user *u = &t->users[t->count];
	tel_error cause = TEL_ERROR_INIT;
	size_t colon;
	tel_err rc;

	line = tel__slice_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return TEL_OK;
	colon = tel__slice_find(line, ':');
	if (colon == line.len)
		return tel__fail(err, TEL_ERR_CONFIG, "line %u: no colon between name and password", (unsigned)number);
	*u = (tel__htpasswd_user){ .name = tel__slice_sub(line, 0, colon),
		                       .stored = tel__slice_sub(line, colon + 1, line.len - colon - 1), .line = order };
	rc = tel__password_form_of(t->alloc, u->stored, &u->form, &cause);
	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (rc != TEL_OK)
		return tel__fail(err, rc, "line %u: %s", (unsigned)number, cause.msg);
	t->count++;
	return TEL_OK;
}

static int by_name(const void *a, const void *b)
{
	const tel__htpasswd_user *x = a, *y = b;
	int order = tel__slice_cmp(x->name, y->name);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Of several with one name the last stays. */
static void sort(tel__htpasswd *t)
{
	size_t kept = 0;

	qsort(t->users, t->count, sizeof(*t->users), by_name);
	for (size_t i = 0; i < t->count; i++) {
		if (i + 1 < t->count && tel__slice_eq(t->users[i].name, t->users[i + 1].name))
			continue;
		t->users[kept++] = t->users[i];
	}
	t->count = kept;
}

static tel_err read_texts(tel__htpasswd *t, const tel_slice *texts, size_t count, size_t *ret_text, tel_error *err)
{
	const char *at = t->text.bytes;
	uint32_t order = 0;

	for (size_t i = 0; i < count; i++) {
		tel_slice rest = { at, texts[i].len }, line;
		at += texts[i].len;
		*ret_text = i;
		for (uint32_t number = 1; tel__slice_next(&rest, '\n', &line); number++) {
			tel_err rc = take_line(t, line, number, order++, err);
			if (rc != TEL_OK)
				return rc;
		}
	}
	return t->count ? TEL_OK : tel__fail(err, TEL_ERR_CONFIG, "no user in it");
}

tel_err tel__htpasswd_parse(const tel_alloc *alloc, const tel_slice *texts, size_t count, tel__htpasswd *ret_table,
                            size_t *ret_text, tel_error *err)
{
	tel__htpasswd t = { .alloc = alloc };
	tel_err rc;

	*ret_text = 0;
	for (size_t i = 0; i < count; i++)
		t.cap += count_lines(texts[i]);
	t.users = t.cap ? tel__mem_zero(alloc, t.cap, sizeof(*t.users)) : NULL;
	if (!t.users || tel__secret_set(alloc, &t.text, texts, count) != TEL_OK)
		rc = tel__fail_nomem(err);
	else
		rc = read_texts(&t, texts, count, ret_text, err);
	if (rc != TEL_OK) {
		tel__htpasswd_fini(&t);
		return rc;
	}
	sort(&t);
	*ret_table = t;
	return TEL_OK;
}

void tel__htpasswd_fini(tel__htpasswd *t)
{
	if (!t->alloc)
		return;
	tel__secret_fini(t->alloc, &t->text);
	if (t->users) {
		OPENSSL_cleanse(t->users, t->cap * sizeof(*t->users));
		tel__mem_free(t->alloc, t->users, t->cap, sizeof(*t->users));
	}
	*t = (tel__htpasswd){ .alloc = NULL };
}

static int by_key(const void *key, const void *user)
{
	return tel__slice_cmp(*(const tel_slice *)key, ((const tel__htpasswd_user *)user)->name);
}

tel__htpasswd_user *tel__htpasswd_find(const tel__htpasswd *t, tel_slice name)
{
	return t->count ? bsearch(&name, t->users, t->count, sizeof(*t->users), by_key) : NULL;
}

void tel__htpasswd_inherit(tel__htpasswd *t, const tel__htpasswd *old)
{
	for (size_t i = 0; i < t->count; i++) {
		tel__htpasswd_user *u = &t->users[i];
		const tel__htpasswd_user *was = tel__htpasswd_find(old, u->name);

		if (was && was->is_verified && tel__slice_eq(was->stored, u->stored)) {
			u->is_verified = true;
			u->verified = was->verified;
		}
	}
}
