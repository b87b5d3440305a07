// Adds calls as they come, moves the clock, and breaks things on request.
"use strict";
document.documentElement.classList.add("js");

const calls = document.getElementById("calls");
const feed = document.getElementById("feed");
let last = Number(calls.dataset.last);

const send = (method, path, body) =>
  fetch(path, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });

const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

const beginning = (text) => (text.length > 1500 ? text.slice(0, 1500) + "…" : text);

function line(call) {
  const out = call.direction === "out";
  const item = document.createElement("li");
  item.className = (out ? "out" : "in") + (call.status === null || call.status >= 400 ? " bad" : "");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const arrow = element("span", out ? "→" : "←", "arrow");
  arrow.setAttribute("aria-label", out ? "webhook" : "call");
  summary.append(
    arrow,
    element("time", new Date(call.at_ms).toISOString().slice(11, 19)),
    element("b", call.status ?? "cut"),
    element("span", call.provider, "who"),
    element("span", `${call.method} ${call.path}`, "what"),
  );
  if (call.note) summary.append(element("em", call.note));
  summary.append(element("small", `${call.micros} µs`));
  details.append(summary);
  if (call.body) details.append(element("pre", beginning(call.body)));
  if (call.answer) details.append(element("pre", beginning(call.answer), "answer"));
  item.append(details);
  return item;
}

async function look() {
  if (document.hidden) return;
  const [requests, clock, faults] = await Promise.all(
    [`/_sandbox/requests?after=${last}&limit=100`, "/_sandbox/clock", "/_sandbox/faults"].map((path) =>
      fetch(path).then((answer) => answer.json()),
    ),
  );
  for (const call of requests.requests) {
    feed.prepend(line(call));
    last = call.seq;
  }
  while (feed.children.length > 200) feed.lastChild.remove();
  document.getElementById("quiet")?.toggleAttribute("hidden", feed.children.length > 0);
  document.getElementById("now").textContent = clock.now;
  document.getElementById("faults").textContent = faults.faults.length;
  document.querySelector(".faults").hidden = faults.faults.length === 0;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.disabled = true;
  if (button.dataset.advance) await send("POST", "/_sandbox/clock/advance", { ms: Number(button.dataset.advance) });
  if (button.dataset.fault) {
    await send("POST", "/_sandbox/faults", { provider: feed.dataset.provider, ...JSON.parse(button.dataset.fault) });
  }
  if (button.id === "mend") await send("DELETE", "/_sandbox/faults");
  button.disabled = false;
  await look().catch(() => {});
});

// A sandbox that was stopped is asked again until it is back.
setInterval(() => look().catch(() => {}), 1000);
