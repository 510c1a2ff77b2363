/** Live sound from one browser to another: how late, whether all of it, and what happens to it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { LiveView } from "../../domain/live.ts";
import {
  clickingMicrophone,
  creator,
  gate,
  giveEar,
  goOnAir,
  listen,
  type Onset,
  onsets,
  outputMs,
} from "./live_support.ts";
import { api, type Person } from "./rooms_support.ts";
import { open, ready, type Stand, stand, visit } from "./support.ts";

let site: Stand;
let host: Person;
let path = "";
let wav = "";

Deno.test.beforeAll(async () => {
  const microphone = await clickingMicrophone();
  wav = microphone.path;
  site = await stand({}, microphone.flags);
  host = await creator(site, "Mara Velić");
  await giveEar(host.page, "input");
  path = await goOnAir(host.page, "Harbour at night");
});
Deno.test.afterAll(async () => {
  await site?.stop();
  await Deno.remove(wav);
});

/** Onsets of both, from the first that `later` has: pairs by the distances between them. */
function pairs(sent: readonly Onset[], heard: readonly Onset[]) {
  const first = heard[0];
  if (!first) return [];
  // what is heard was sent at most a second before
  const from = sent.findIndex(({ atMs }) => atMs > first.atMs - 400);
  return heard.map((one, n) => ({ heard: one, sent: sent[from + n] }))
    .filter((pair): pair is { heard: Onset; sent: Onset } => pair.sent !== undefined);
}
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

Deno.test("[L5] [L4] what one browser captures another lets out within 150 ms, and all of it", async () => {
  const listener = await visit(site);
  const { page } = listener;
  await giveEar(page, "output");
  await listen(page, path);
  await page.waitForFunction(() => Reflect.get(globalThis, "onsets").length >= 14, undefined, {
    timeout: 30_000,
  });
  const both = pairs(await onsets(host.page), await onsets(page)).slice(2);
  ok(both.length >= 10, `${both.length} clicks`);
  const card = await outputMs(page);
  const delays = both.map(({ sent, heard }) => heard.atMs - sent.atMs);
  console.log(`thread to thread ${median(delays)} ms, the sound card ${card.toFixed(1)} ms`);
  ok(median(delays) > 0 && median(delays) + card < 150, `${delays} ms, and ${card} ms of the card`);
  // none is missing in between: each comes after the one before as it was sent
  const apart = (of: "sent" | "heard") =>
    both.slice(1).map((pair, n) => (pair[of].frame - both[n]![of].frame) / 48);
  const heard = apart("heard");
  const off = apart("sent").map((ms, n) => Math.abs(ms - heard[n]!));
  ok(Math.max(...off) < 60, `the distances differ by ${off.map((ms) => ms.toFixed(1))} ms`);
  ok(median(off) < 2, `mostly by ${median(off)} ms`);
  const shown = await page.locator(".live-late").innerText();
  const ms = Number(/^(\d+)/.exec(shown)?.[1]);
  ok(Math.abs(ms - median(delays) - card) < 60, `"${shown}", measured ${median(delays) + card}`);
  await page.getByText("1 listener").waitFor();
  deepEqual(listener.problems, []);
  await listener.context.close();
});

Deno.test("[L8] signs float by at everybody's; the studio shows who listens and how it goes", async () => {
  const ada = await visit(site);
  const ben = await visit(site);
  await listen(ada.page, path);
  await listen(ben.page, path);
  await ada.page.getByRole("button", { name: "Send 🔥" }).click();
  await ben.page.locator(".floating span", { hasText: "🔥" }).waitFor({ state: "attached" });
  const readout = host.page.locator(".readout", { hasText: "Listeners" });
  await readout.getByText("2", { exact: true }).waitFor();
  const rate = await host.page.locator(".readout", { hasText: "Sending" }).locator("dd")
    .innerText();
  ok(Number.parseInt(rate) > 20 && Number.parseInt(rate) < 300, rate);
  deepEqual([...ada.problems, ...ben.problems], []);
  await ada.context.close();
  await ben.context.close();
});

Deno.test("[L6] a host whose page is loaded again goes on with the same stream", async () => {
  const listener = await visit(site);
  await giveEar(listener.page, "output");
  await listen(listener.page, path);
  const id = path.split("/")[2];
  const { body: before } = await api<{ epoch: number }>(host.page, "GET", `/live/${id}/stats`);
  host.page.once("dialog", (dialog) => void dialog.accept());
  await host.page.reload();
  await ready(host.page);
  await host.page.waitForSelector(".studio-end");
  await host.page.locator(".studio-go").waitFor({ state: "detached" });
  const count = (await onsets(listener.page)).length;
  await listener.page.waitForFunction(
    (count) => Reflect.get(globalThis, "onsets").length >= count + 3,
    count,
  );
  const { body: after } = await api<{ epoch: number; status: string }>(
    host.page,
    "GET",
    `/live/${id}/stats`,
  );
  deepEqual([after.status, after.epoch > before.epoch], ["live", true]);
  equal(await listener.page.locator(".live-notice[role=alert]").count(), 0);
  await listener.context.close();
});

Deno.test("[L4] when the socket is cut it goes on by HLS, by itself, and says so; and back when asked", async () => {
  const way = gate(Number(new URL(site.url).port));
  const listener = await visit({ ...site, url: way.url });
  const { page } = listener;
  await giveEar(page, "output");
  await listen(page, path);
  way.shut();
  await page.getByText("The quick line broke").waitFor();
  await page.waitForFunction(
    () =>
      /^HLS\s+[\d.]+ s/.test(
        document.querySelector<HTMLElement>(".live-way")?.innerText.replaceAll("\n", " ") ?? "",
      ),
    undefined,
    { timeout: 30_000 },
  );
  const count = (await onsets(page)).length;
  await page.waitForFunction(
    (count) => Reflect.get(globalThis, "onsets").length >= count + 3,
    count,
    { timeout: 30_000 },
  );
  way.open();
  await page.getByRole("button", { name: "Hear it sooner" }).click();
  await page.getByText("WebSocket", { exact: true }).waitFor();
  await listener.context.close();
  way.stop();
});

Deno.test("[L7] the end is told at once, and the recording is linked when it is there", async () => {
  const listener = await visit(site);
  await listen(listener.page, path);
  await host.page.locator(".studio-end").click();
  await host.page.getByRole("button", { name: "End it now" }).click();
  await host.page.getByText("The stream has ended.").waitFor();
  await listener.page.getByText("Thank you for listening.").waitFor();
  const link = listener.page.getByRole("link", { name: "Hear the recording" });
  await link.waitFor({ timeout: 60_000 });
  const { body } = await api<LiveView>(host.page, "GET", `/live/${path.split("/")[2]}`);
  equal(await link.getAttribute("href"), `/tracks/${body.recordingTrackId}`);
  await open(host.page, "/studio");
  await host.page.waitForSelector("#stream-name");
  deepEqual(listener.problems, []);
  await listener.context.close();
});
