/* SPDX-License-Identifier: Apache-2.0 */
function fillLevel(q) {
	if (!q.queue)
		return "no queue";
	const bar = make("meter");
	bar.max = q.capacity;
	bar.high = q.capacity * 0.8;
	bar.value = q.size;
	bar.setAttribute("aria-label", "filled");
	return [bar, make("span", count(q.size) + " of " + count(q.capacity) + " " + q.unit)];
}

function messages(q) {
	const parts = [];
	if (q.last_error)
		parts.push(make("div", "last error: " + q.last_error, "bad"));
	if (q.first_rejection)
		parts.push(make("div", "first rejection: " + q.first_rejection, "bad"));
	return parts.length ? parts : "none";
}

function queueRow(q, old, seconds, time) {
	const row = line(q.exporter);
	cell(row, "State", make("span", q.state, q.state === "unreachable" || q.state === "retrying" ? "bad" : "good"));
	cell(row, "Queue", fillLevel(q));
	cell(row, "Points waiting", count(q.points), "number");
	cell(row, "Oldest", q.points > 0 ? span(q.oldest_seconds) : "", "number");
	counter(row, "Requests", q.requests, old && old.requests, seconds);
	counter(row, "Sent points", q.sent, old && old.sent, seconds);
	counter(row, "Rejected by the backend", q.rejected, old && old.rejected, seconds, true);
	reasons(row, "Dropped points", Object.assign({ "no room": q.isolated, "told to the client": q.returned }, q.dropped));
	cell(row, "Last success", q.last_success ? span((Date.parse(time) - Date.parse(q.last_success)) / 1000) + " ago" : "never");
	cell(row, "Messages", messages(q), "long");
	return row;
}

watch((data, then, seconds) => {
	fill("queues", data.queues.map((q) => queueRow(q, find(then && then.queues, "exporter", q.exporter), seconds,
		data.time)));
});
