"use strict";

// The server writes each report's line; this script puts it in its place.
const list = document.getElementById("reports");
const form = document.getElementById("request");
const problem = document.getElementById("problem");
const failures = document.getElementById("failures");
const connection = document.getElementById("connection");
const tasks = document.getElementById("tasks");
const taskCounts = document.querySelectorAll(".task-count");
const announcement = document.getElementById("announcement");
const SHOWN = 50;

function line(report) {
  const template = document.createElement("template");
  template.innerHTML = report.html;
  return template.content.firstElementChild;
}

function show(report) {
  const old = document.getElementById(`report-${report.id}`);
  const fresh = line(report);
  if (old) {
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(fresh);
    // The keyboard's focus stays on this line.
    if (hadFocus) (fresh.querySelector("button, a") ?? focusable(fresh)).focus();
    return;
  }
  // Newest first; two requests at once may be told in either order.
  const next = [...list.children].find((item) => Number(item.dataset.id) < report.id);
  list.insertBefore(fresh, next ?? null);
  while (list.children.length > SHOWN) list.lastElementChild.remove();
  trim();
}

function focusable(element) {
  element.tabIndex = -1;
  return element;
}

// `:empty` in the style sheet does not match a list with a line break in it.
function trim() {
  for (const node of [...list.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE) node.remove();
  }
}

function showFailures({ count, latest }) {
  failures.hidden = count === 0;
  failures.textContent =
    count === 1
      ? `Background work failed: ${latest}`
      : `Background work failed ${count} times, most recently: ${latest}`;
}

function showConnection(state, text) {
  connection.dataset.state = state;
  connection.textContent = text;
}

function showProblem(text) {
  problem.hidden = !text;
  problem.textContent = text;
}

const ENDED = ["done", "failed", "cancelled"];

function listen() {
  const events = new EventSource("/events");
  const on = (name, handle) =>
    events.addEventListener(name, (event) => handle(JSON.parse(event.data)));

  on("snapshot", (snapshot) => {
    const focused = document.activeElement?.closest?.(".report")?.id;
    list.replaceChildren(...snapshot.reports.map(line));
    if (focused) document.getElementById(focused)?.querySelector("button, a")?.focus();
    showFailures(snapshot.failures);
    if (snapshot.closing) showConnection("closing", "server is stopping");
    else showConnection("live", "live");
  });
  on("report", (report) => {
    show(report);
    if (ENDED.includes(report.state)) {
      announcement.textContent = `Report ${report.id} for ${report.customer}: ${report.state}`;
    }
  });
  on("progress", ({ id, progress }) => {
    const item = document.getElementById(`report-${id}`);
    if (item?.dataset.state !== "rendering") return;
    item.querySelector("progress").value = progress;
    item.querySelector(".percent").textContent = `${progress} %`;
  });
  on("tasks", ({ count, html }) => {
    tasks.innerHTML = html;
    for (const element of taskCounts) element.textContent = count;
  });
  on("failure", showFailures);
  on("closing", () => showConnection("closing", "server is stopping"));
  events.onerror = () => {
    showConnection("connecting", "reconnecting");
    // The browser tries again by itself, except after an answer that was no stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The server does not answer.");
  }
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    throw new Error(error ?? `The server answered ${response.status}.`);
  }
}

// Not `disabled`: that would take the keyboard's focus away from the button.
function begin(button) {
  if (button.getAttribute("aria-disabled") === "true") return false;
  button.setAttribute("aria-disabled", "true");
  return true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { customer, month } = Object.fromEntries(new FormData(form));
  const ids = [...form.elements.customer.options].map((option) => option.value);
  const wanted = customer === "all" ? ids.filter((id) => id !== "all") : [customer];
  const button = form.querySelector("button");
  if (!begin(button)) return;
  showProblem("");
  try {
    for (const id of wanted) {
      await ask("/reports", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ customer: Number(id), month }),
      });
    }
  } catch (error) {
    showProblem(error.message);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

list.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-cancel], [data-again]");
  if (!button || !begin(button)) return;
  const { cancel, again } = button.dataset;
  try {
    if (cancel) await ask(`/reports/${cancel}`, { method: "DELETE" });
    else await ask(`/reports/${again}/again`, { method: "POST" });
  } catch (error) {
    button.removeAttribute("aria-disabled");
    showProblem(error.message);
  }
});

trim();
listen();
