/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
/* Names and messages come from configurations and from backends: they become text nodes, never markup. */
const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
let before = null;

function make(tag, text, cls) {
	const e = document.createElement(tag);
	if (text !== undefined)
		e.textContent = text;
	if (cls)
		e.className = cls;
	return e;
}

function count(value) {
	return numbers.format(value);
}

/* Per second since the fetch before; null while there is none, or the counter began anew. */
function rate(now, then, seconds) {
	return then === undefined || seconds <= 0 || now < then ? null : (now - then) / seconds;
}

/* A cell: text, a node, or a list of them. */
function cell(row, label, content, cls) {
	const td = make("td", undefined, cls);
	const value = make("div");
	td.setAttribute("data-label", label);
	for (const part of [].concat(content))
		value.append(part);
	td.append(value);
	row.append(td);
}

function counter(row, label, now, then, seconds, bad) {
	const per = rate(now, then, seconds);
	const parts = [make("span", count(now), bad && now > 0 ? "bad" : "")];
	if (per !== null && (now > 0 || per > 0))
		parts.push(make("span", count(per) + "/s", "rate"));
	cell(row, label, parts, "number");
}

/* {reason: points}: those that happened. */
function reasons(row, label, values) {
	const list = make("ul");
	for (const name of Object.keys(values))
		if (values[name] > 0)
			list.append(make("li", name + ": " + count(values[name]), "bad"));
	cell(row, label, list.childNodes.length ? list : "none", "long");
}

function line(name) {
	const row = make("tr");
	const head = make("th", name);
	head.scope = "row";
	row.append(head);
	return row;
}

function fill(id, rows) {
	document.getElementById(id).replaceChildren(...rows);
}

function find(list, name, value) {
	return list ? list.find((x) => x[name] === value) : undefined;
}

function span(seconds) {
	const units = [["d", 86400], ["h", 3600], ["m", 60]];
	let text = "";
	for (const [unit, size] of units) {
		if (seconds >= size) {
			text += Math.floor(seconds / size) + unit + " ";
			seconds %= size;
		}
	}
	return text + numbers.format(text ? Math.floor(seconds) : seconds) + "s";
}

/* On small screens the tables are laid out as cards, which in some browsers takes away what they are: say it. */
function tellRoles() {
	for (const [what, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["td", "cell"],
		["th[scope=col]", "columnheader"], ["th[scope=row]", "rowheader"]])
		for (const e of document.querySelectorAll(what))
			e.setAttribute("role", role);
}

async function update(show) {
	const status = document.getElementById("status");
	try {
		const answer = await fetch("?format=json", { cache: "no-store" });
		if (!answer.ok)
			throw new Error("status " + answer.status);
		const data = await answer.json();
		show(data, before, before ? data.uptime_seconds - before.uptime_seconds : 0);
		before = data;
		tellRoles();
		status.textContent = data.state + ", up " + span(data.uptime_seconds);
		status.className = "";
	} catch (e) {
		status.textContent = "no answer: " + e.message;
		status.className = "bad";
	}
	document.body.setAttribute("data-updates", Number(document.body.getAttribute("data-updates")) + 1);
}

function watch(show) {
	for (const link of document.querySelectorAll("nav a"))
		if (link.getAttribute("href") === location.pathname)
			link.setAttribute("aria-current", "page");
	update(show);
	setInterval(() => document.hidden || update(show), 2000);
}
