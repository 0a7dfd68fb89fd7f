/* SPDX-License-Identifier: Apache-2.0 */
function bytes(n) {
	return n >= 1048576 ? numbers.format(n / 1048576) + " MiB" : numbers.format(n / 1024) + " KiB";
}

watch((data) => {
	const rows = [
		["Service", data.service.name],
		["Version", data.service.version],
		["Instance", data.service.instance_id],
		["Started", data.service.started],
		["Memory reserved", bytes(data.memory.reserved_bytes)],
		["Memory budget", data.memory.budget_bytes ? bytes(data.memory.budget_bytes) : "no limit"],
	];
	fill("service", rows.map(([name, value]) => {
		const row = line(name);
		cell(row, name, value);
		return row;
	}));
});
