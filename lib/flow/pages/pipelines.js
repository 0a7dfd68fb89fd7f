/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of an exporter are of all its pipelines: the name says which one it was. */
function dropped(pipeline, exporters) {
	const found = {};
	for (const id of pipeline.exporters || []) {
		const x = find(exporters, "id", id);
		if (!x)
			continue;
		for (const reason of Object.keys(x.dropped))
			found[id + " " + reason] = x.dropped[reason];
		found[id + " rejected by the backend"] = x.rejected;
		found[id + " no room"] = x.isolated;
	}
	return found;
}

function points(row, now, then, seconds, first) {
	for (const [label, name] of [[first === "received" ? "Received" : "Incoming", first], ["Created", "created"],
		["Removed", "removed"], ["Outgoing", "outgoing"], ["Refused", "refused"]])
		counter(row, label, now[name], then && then[name], seconds, name === "refused");
}

function pipelineRow(p, old, seconds, exporters) {
	const row = line(p.id);
	cell(row, "Way", (p.receivers || []).join(", ") + " \u2192 " + (p.exporters || []).join(", "), "long");
	points(row, p.points, old && old.points, seconds, "received");
	reasons(row, "Dropped behind it", dropped(p, exporters));
	return row;
}

function processorRows(p, old, seconds) {
	return p.processors.map((x, i) => {
		const row = line(x.id);
		cell(row, "Pipeline", p.id, "long");
		points(row, x, old && old.processors[i], seconds, "incoming");
		return row;
	});
}

function receiverRow(r, old, seconds) {
	const row = line(r.id);
	cell(row, "Transport", r.transport);
	for (const [label, name, bad] of [["Requests", "requests"], ["Bytes", "received_bytes"], ["Accepted points", "accepted_points"],
		["Refused points", "refused_points", true], ["Points cut out", "cut_points", true]])
		counter(row, label, r[name], old && old[name], seconds, bad);
	reasons(row, "Requests refused", r.refused_requests);
	return row;
}

watch((data, then, seconds) => {
	const old = (p) => find(then && then.pipelines, "id", p.id);
	fill("pipelines", data.pipelines.map((p) => pipelineRow(p, old(p), seconds, data.exporters)));
	fill("processors", data.pipelines.flatMap((p) => processorRows(p, old(p), seconds)));
	fill("receivers", data.receivers.map((r) => receiverRow(r, then && then.receivers.find((x) => x.id === r.id &&
		x.transport === r.transport), seconds)));
	fill("refused", Object.keys(data.refused_points).map((reason) => {
		const row = line(reason);
		counter(row, "Points", data.refused_points[reason], then && then.refused_points[reason], seconds, true);
		return row;
	}));
});
