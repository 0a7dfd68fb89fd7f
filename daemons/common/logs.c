/* SPDX-License-Identifier: Apache-2.0 */
#include "common/logs.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <telemetry/api.h>

static tel_slice text_slice(const char *text)
{
	return (tel_slice){ text, strlen(text) };
}

static void make_uuid(char *out, size_t cap)
{
	unsigned char b[16] = { 0 };

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		memcpy(b, &(pid_t){ getpid() }, sizeof(pid_t));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(out, cap, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
	         b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void logs_init(logs *l, const char *service_name)
{
	make_uuid(l->instance_id, sizeof(l->instance_id));
	l->style = (tel_log_style)TEL_LOG_STYLE_INIT;
	l->style.service_name = text_slice(service_name);
	l->style.service_version = text_slice(tel_version());
	l->style.instance_id = text_slice(l->instance_id);
	l->min_level = TEL_LOG_INFO;
}

void logs_write(void *user, const tel_log_entry *entry)
{
	logs *l = user;
	tel_log_entry stamped = *entry;
	char line[16384];
	struct timespec now;
	size_t done = 0, n;

	if (entry->level < l->min_level) /* which a reload may change; the library's own floor does not */
		return;
	if (stamped.unix_ns == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		stamped.unix_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	}
	n = tel_log_format(&l->style, &stamped, line, sizeof(line));
	while (done < n) {
		ssize_t w = write(STDERR_FILENO, line + done, n - done);
		if (w <= 0)
			break; /* nobody reads our log: not a reason to stop */
		done += (size_t)w;
	}
}

void logs_say(logs *l, tel_log_level level, const char *msg, const char *key, const char *text)
{
	tel_log_field field = { { NULL, 0 }, { NULL, 0 }, 0, false };
	tel_log_entry entry = { .size = sizeof(entry), .level = level, .msg = text_slice(msg) };

	if (level < l->min_level)
		return;
	if (key && text) {
		field.key = text_slice(key);
		field.text = text_slice(text);
		entry.fields = &field;
		entry.field_count = 1;
	}
	logs_write(l, &entry);
}
