// The browser test itself; `browser-test.sh` prepares what it needs.
//
// usage: node browser-test.mjs SERVER FOLDER
// SERVER is the built program; data, browser profiles and screenshots go to FOLDER. $CHROMIUM is the
// path of the browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [program, folder] = process.argv.slice(2).map((name) => path.resolve(name));
const screenshots = path.join(folder, "screenshots");
const PATIENCE = 30_000;

// A pause before each page, so that there is something to watch and to cancel.
async function startServer(data, address, wrapper = []) {
  const options = ["--data", data, "--pace", "400", "--address", address];
  const [command, ...rest] = [...wrapper, program, ...options];
  const server = spawn(command, rest, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_BACKTRACE: "0" }, // a panic is part of the test
  });
  // However this test ends, no server is left behind.
  process.on("exit", () => server.kill("SIGKILL"));
  const lines = createInterface({ input: server.stdout });
  const [first] = await once(lines, "line");
  assert.match(first, /^listening on http:/);
  lines.on("line", (line) => console.log(`  server: ${line}`));
  return { server, url: first.replace("listening on ", "") };
}

async function startBrowser(name, options) {
  const profile = path.join(folder, `profile-${name}`);
  await rm(profile, { recursive: true, force: true });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    acceptDownloads: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // A name that its owner lets point to this machine.
      "--host-resolver-rules=MAP rebound.example 127.0.0.1",
    ],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = context.pages()[0] ?? (await context.newPage());
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return { context, page, problems };
}

let shots = 0;
async function shoot(page, name, fullPage = true) {
  shots += 1;
  const file = path.join(screenshots, `${String(shots).padStart(2, "0")}-${name}.png`);
  await page.screenshot({ path: file, fullPage });
}

async function step(name, work) {
  await work();
  console.log(`ok: ${name}`);
}

async function ask(page, customer, month = "2025-03") {
  await page.getByLabel("Customer").selectOption({ label: customer });
  await page.getByLabel("Month").selectOption(month);
  await page.getByRole("button", { name: "Make report" }).click();
}

const line = (page, id) => page.locator(`#report-${id}`);
const inState = (page, id, state) => page.locator(`#report-${id}[data-state="${state}"]`);

const task = (page, name, state) => page.locator(`#tasks > .${state}`).filter({ hasText: name });

async function assertFits(page) {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
  const overlap = await page.evaluate(() => {
    const runs = (state, action) => state.getBoundingClientRect().left + state.scrollWidth > action.getBoundingClientRect().left;
    const beside = (state, action) => action.offsetHeight > 0 && state.offsetTop < action.offsetTop + action.offsetHeight && action.offsetTop < state.offsetTop + state.offsetHeight;
    const lines = [...document.querySelectorAll(".report")];
    return lines.filter((line) => {
      const [state, action] = [line.querySelector(".state"), line.querySelector(".action")];
      return beside(state, action) && runs(state, action.firstElementChild ?? action);
    }).map((line) => line.textContent);
  });
  assert.deepEqual(overlap, []);
}

const data = path.join(folder, "data");
await rm(data, { recursive: true, force: true });
await rm(screenshots, { recursive: true, force: true });
await mkdir(screenshots, { recursive: true });
let next;
const { server, url } = await startServer(data, "127.0.0.1:0");

const desktop = await startBrowser("desktop", { viewport: { width: 1100, height: 800 } });
const { page } = desktop;
await page.goto(url);
// Gone if the page is ever loaded anew.
await page.evaluate(() => (window.isStillTheSamePage = true));
await page.getByText("live", { exact: true }).waitFor();

await step("empty lists say so", async () => {
  await page.getByText("Nothing here yet").waitFor();
  await page.getByText("No report is being made").waitFor();
  assert.equal(await page.locator("#tasks > li").count(), 0);
  await shoot(page, "empty");
});

await step("a report goes from request to done by itself", async () => {
  await ask(page, "Alder & Finch Bakery");
  await inState(page, 1, "rendering").waitFor();
  await page.waitForFunction(() => document.querySelector("#report-1 progress")?.value > 0);
  // For which report, since when, and from where.
  const drawing = task(page, "render_pdf", "running");
  await drawing.waitFor();
  const text = await drawing.innerText();
  assert.match(text, /report 1: Alder & Finch Bakery 2025-03/);
  assert.match(text, /for\s+\d+ s\s+from worker\.rs:\d+/);
  // What keeps the books runs too, and is not listed.
  const names = await page.locator("#tasks > li code:first-child").allInnerTexts();
  assert.ok(names.every((name) => /^(generate_report|render_pdf|worker\.rs:\d+)$/.test(name)), String(names));
  await shoot(page, "rendering");
  await inState(page, 1, "done").waitFor();
  const announced = await page.locator("#announcement").textContent();
  assert.equal(announced, "Report 1 for Alder & Finch Bakery: done");
  await drawing.waitFor({ state: "detached" });
});

await step("its download is a PDF", async () => {
  const waiting = page.waitForEvent("download");
  await line(page, 1).getByRole("link", { name: /Download/ }).click();
  const download = await waiting;
  assert.equal(download.suggestedFilename(), "report-1-2025-03.pdf");
  const pdf = await readFile(await download.path());
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
});

await step("a running report and a queued one can be cancelled", async () => {
  await ask(page, "Café Lumière");
  await ask(page, "Harbour Roasters");
  await ask(page, "North Pier Restaurant");
  await ask(page, "Kaffeehaus Müller");
  await inState(page, 2, "rendering").waitFor();
  await inState(page, 5, "queued").waitFor();
  await shoot(page, "queue");
  await line(page, 2).getByRole("button", { name: /Cancel/ }).click();
  await line(page, 5).getByRole("button", { name: /Cancel/ }).click();
  await inState(page, 2, "cancelled").waitFor();
  await inState(page, 5, "cancelled").waitFor();
  await inState(page, 4, "done").waitFor();
});

await step("a report that fails says why, and that it does so on purpose", async () => {
  await ask(page, "Bobby Tables Ltd (fails on purpose)");
  await inState(page, 6, "failed").waitFor();
  const text = await line(page, 6).textContent();
  assert.match(text, /no\. 6 · fails on purpose/);
  assert.match(text, /failed:.*report 6: Bobby Tables Ltd 2025-03, fails on purpose.*panicked: attempt to divide by zero/);
  await assertFits(page);
  await shoot(page, "failed");
});

await step("a failed report is made again, by keyboard too", async () => {
  const again = line(page, 6).getByRole("button", { name: "Make again: report 6 for Bobby Tables Ltd" });
  // Each state that it comes to, from here on.
  await page.evaluate(() => {
    window.states = [];
    const list = document.getElementById("reports");
    new MutationObserver(() => {
      const state = document.getElementById("report-6")?.dataset.state;
      if (window.states.at(-1) !== state) window.states.push(state);
    }).observe(list, { childList: true });
  });
  await again.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => window.states.at(-1) === "failed" && window.states.length > 2);
  const states = await page.evaluate(() => window.states);
  assert.equal(states[0], "queued");
  assert.ok(states.includes("rendering"), String(states));
  await again.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest(".report")?.id), "report-6");
});

await step("a name with markup in it is text", async () => {
  await ask(page, "O'Brien & Daughters <Wholesale>");
  const name = await line(page, 7).locator("strong").textContent();
  assert.equal(name, "O'Brien & Daughters <Wholesale>");
});

await step("all customers at once", async () => {
  await ask(page, "All customers", "2025-12");
  await page.locator("#reports > li").nth(18).waitFor();
  assert.match(await task(page, "generate_report", "running").first().innerText(), /report \d+: /);
  await task(page, "generate_report", "waiting").getByText(/next: report \d+: /).waitFor();
  await task(page, "generate_report", "waiting").getByText(/× \d/).waitFor();
  await task(page, "render_pdf", "waiting").waitFor();
  await page.getByText("next in line").waitFor();
  await assertFits(page);
  await shoot(page, "all-customers");
});

await step("the keyboard stays where it was when a line changes", async () => {
  await line(page, 18).getByRole("button", { name: /Cancel/ }).focus();
  await page.keyboard.press("Enter");
  await inState(page, 18, "cancelled").waitFor();
  const focused = await page.evaluate(() => document.activeElement.id);
  assert.equal(focused, "report-18");
});

const phone = await startBrowser("phone", {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
});

await step("it fits a phone, which sees the same list", async () => {
  await phone.page.goto(url);
  await phone.page.getByText("live", { exact: true }).waitFor();
  await phone.page.locator("[data-state=rendering]").first().waitFor();
  await assertFits(phone.page);
  await shoot(phone.page, "phone", false);
  await phone.page.locator("[data-state=rendering]").first().scrollIntoViewIfNeeded();
  await shoot(phone.page, "phone-rendering", false);
  const count = await phone.page.locator("#tasks-heading").innerText();
  assert.match(count, /^Running now \(\d+\)$/);
  await phone.page.getByRole("link", { name: /^Running now: \d+$/ }).tap();
  await task(phone.page, "render_pdf", "running").waitFor();
  const seen = await phone.page.locator("#tasks-heading").evaluate((heading) => {
    const { top } = heading.getBoundingClientRect();
    return top >= 0 && top < window.innerHeight;
  });
  assert.ok(seen, "the link leads to the list of what runs");
  await assertFits(phone.page);
  await shoot(phone.page, "phone-tasks", false);
  await phone.page.locator("[data-cancel]").first().tap();
  await phone.page.locator("[data-state=cancelled]").first().waitFor();
});

await step("dark colours", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });
});

await step("no other site's page can frame it, and no other name reaches it", async () => {
  const foreign = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<iframe src="${url}"></iframe>`);
  });
  await once(foreign.listen(0, "127.0.0.1"), "listening");
  const other = await desktop.context.newPage();
  await other.goto(`http://localhost:${foreign.address().port}`);
  await other.waitForFunction(() => frames.length === 1);
  const frame = other.frames()[1];
  await frame.waitForLoadState();
  assert.equal(await frame.getByText("Monthly order reports").count(), 0);
  foreign.close();

  const port = new URL(url).port;
  const answer = await other.goto(`http://rebound.example:${port}/`);
  assert.equal(answer.status(), 421);
  // The same way in, by the right name.
  assert.equal((await other.goto(`http://localhost:${port}/`)).status(), 200);
  await other.close();
});

await step("the page was never loaded anew, and its script never stumbled", async () => {
  assert.equal(await page.evaluate(() => window.isStillTheSamePage), true);
  assert.deepEqual(desktop.problems, []);
  assert.deepEqual(phone.problems, []);
});

await step("a server that stops says so, and the next one goes on with its reports", async () => {
  const before = await page.locator('[data-state="queued"]').count();
  assert.ok(before > 0, "there is a queue");
  server.kill("SIGTERM");
  await page.getByText("server is stopping").waitFor();
  await shoot(page, "stopping");
  const [code] = await once(server, "exit");
  assert.equal(code, 0);
  await page.getByText("reconnecting").waitFor();

  next = await startServer(data, new URL(url).host);
  await page.getByText("live", { exact: true }).waitFor();
  await inState(page, 17, "rendering").waitFor();
  await shoot(page, "resumed");
});

await step("what a kill -9 cut off is resumed as well", async () => {
  next.server.kill("SIGKILL");
  await once(next.server, "exit");
  await page.getByText("reconnecting").waitFor();
  next = await startServer(data, new URL(url).host);
  await inState(page, 17, "done").waitFor();
  await page.waitForFunction(() => {
    const states = [...document.querySelectorAll(".report")].map((line) => line.dataset.state);
    return states.every((state) => ["done", "cancelled", "failed"].includes(state));
  });
  await page.getByText("No report is being made").waitFor();
  await shoot(page, "all-ended");
});

await step("a full disk fails a report with the reason, and with room it is made again", async () => {
  next.server.kill("SIGTERM");
  await once(next.server, "exit");
  // A file system of 4 MB that only this server sees, where the system lets a user mount one.
  const script = `mount -t tmpfs -o size=4m none "${data}" && exec "$@"`;
  const wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
  next = await startServer(data, new URL(url).host, wrapper);
  const filler = `/proc/${next.server.pid}/root${data}/filler`;
  await page.getByText("live", { exact: true }).waitFor();
  await ask(page, "Café Lumière");
  await inState(page, 1, "rendering").waitFor();
  for (const size of [4096, 1]) {
    await assert.rejects(async () => {
      for (;;) await appendFile(filler, Buffer.alloc(size));
    }, /ENOSPC/);
  }
  await inState(page, 1, "failed").waitFor();
  assert.match(await line(page, 1).textContent(), /failed:.*database or disk is full/);
  await ask(page, "Café Lumière");
  await page.locator("#problem").getByText("database or disk is full").waitFor();
  await shoot(page, "full-disk");

  await rm(filler);
  await line(page, 1).getByRole("button", { name: /Make again/ }).click();
  await page.waitForFunction(async () => {
    const item = document.getElementById("report-1");
    if (item.dataset.state === "failed") item.querySelector("[data-again]")?.click();
    return item.dataset.state === "done";
  }, undefined, { polling: 200 });
});

await phone.context.close();
await desktop.context.close();
next.server.kill("SIGTERM");
await once(next.server, "exit");
console.log(`screenshots are in ${screenshots}`);
