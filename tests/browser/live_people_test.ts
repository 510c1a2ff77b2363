/** Streams that are announced, hosts that take over from each other, and raised hands, in pages. */
import { deepEqual, equal, match } from "node:assert/strict";
import { clickingMicrophone, creator, gate, goOnAir, listen } from "./live_support.ts";
import { signIn } from "../support/client.ts";
import { goLive } from "../support/live.ts";
import { api, person } from "./rooms_support.ts";
import { open, picture, ready, type Stand, stand, visit } from "./support.ts";

let site: Stand;
let wav = "";

Deno.test.beforeAll(async () => {
  const microphone = await clickingMicrophone();
  wav = microphone.path;
  site = await stand({}, microphone.flags);
});
Deno.test.afterAll(async () => {
  await site?.stop();
  await Deno.remove(wav);
});

const local = (ms: number, timeZone: string) =>
  new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone })
    .format(ms).replace(" ", "T");

Deno.test("[L8] a stream is announced in the host's time zone, read in each other's, changed, and called off", async () => {
  const host = await creator(site, "Mara Velić", { timezoneId: "Europe/Paris" });
  const { page } = host;
  const at = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 50 * 3_600_000;
  await open(page, "/studio");
  await page.fill("#stream-name", "Harbour at night");
  await page.fill("#stream-about", "The pier, and who comes by.\n\nBring a coat.");
  await page.fill("#stream-begins", local(Date.now() - 86_400_000, "Europe/Paris"));
  await page.getByRole("button", { name: "Announce it" }).click();
  await page.getByText("The time it was to begin has passed. Choose a later one.").waitFor();
  await page.fill("#stream-begins", local(at, "Europe/Paris"));
  await page.getByRole("button", { name: "Announce it" }).click();
  await page.getByText("It is announced.").first().waitFor();
  const id = new URL(page.url()).searchParams.get("stream");
  const { body } = await api<{ scheduledAt: string }>(page, "GET", `/live/${id}`);
  equal(Date.parse(body.scheduledAt), at);
  const far = await visit(site, { timezoneId: "America/New_York" });
  const day = (ms: number, timeZone: string) =>
    new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone }).format(ms);
  const says = (timeZone: string) => `Starts ${day(at, timeZone)} ${local(at, timeZone).slice(11)}`;
  await open(far.page, "/live");
  const row = far.page.locator(".live-row", { hasText: "Harbour at night" });
  await row.getByText(says("America/New_York"), { exact: true }).waitFor();
  await row.getByText("in 2 days").waitFor();
  await row.getByRole("link", { name: "Harbour at night" }).click();
  await far.page.getByText(says("America/New_York"), { exact: true }).waitFor();
  await far.page.getByText("Bring a coat.").waitFor();
  const plain = await visit(site, { javaScriptEnabled: false });
  await plain.page.goto(`/live/${id}`);
  await plain.page.getByText(`${says("UTC")} UTC`, { exact: true }).waitFor();
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  equal(await page.inputValue("#stream-begins"), local(at, "Europe/Paris"));
  await page.fill("#stream-name", "Harbour by day");
  await page.fill("#stream-begins", local(at + 3_600_000, "Europe/Paris"));
  await page.getByRole("button", { name: "Save the changes" }).click();
  await page.getByText("The changes are saved.").first().waitFor();
  await open(far.page, `/live/${id}`);
  await far.page.getByRole("heading", { name: "Harbour by day" }).waitFor();
  await far.page.setViewportSize({ width: 360, height: 800 });
  await picture(far.page, "live-announced-360");
  await page.setViewportSize({ width: 360, height: 800 });
  await picture(page, "live-studio-announced-360");
  await page.locator(".studio-head").getByRole("link", { name: "Chat", exact: true }).click();
  await page.waitForFunction(() =>
    document.querySelector("#live-chat-title")!.getBoundingClientRect().top < innerHeight / 2
  );
  await page.getByRole("link", { name: "Prepare a new stream" }).click();
  await page.getByText("Your other streams").waitFor();
  equal(await page.inputValue("#stream-name"), "", "what is announced is not begun by accident");
  await picture(page, "live-studio-other-360");
  await page.getByRole("link", { name: "Harbour by day" }).click();
  await page.getByRole("button", { name: "Call it off" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  equal(await page.inputValue("#stream-name"), "Harbour by day");
  await page.getByRole("button", { name: "Call it off" }).waitFor();
  deepEqual([...host.problems, ...far.problems], []);
  for (const one of [host, far, plain]) await one.context.close();
});

Deno.test("[L6] a host invites another, who takes over in her studio without a cut; both are told, and the host takes it back", async () => {
  const anna = await creator(site, "Anna Quay");
  const ben = await creator(site, "Ben Ortiz");
  const path = await goOnAir(anna.page, "Two at the desk");
  const listener = await visit(site);
  await listen(listener.page, path);
  await open(ben.page, path);
  await anna.page.fill("#finder", ben.username);
  await anna.page.keyboard.press("Enter");
  await anna.page.locator(".found-people").getByRole("button", { name: "Invite" }).click();
  await anna.page.getByText("Ben Ortiz may take over.").waitFor();
  await ben.page.getByText("Anna Quay invites you to take over").waitFor();
  await picture(ben.page, "live-invited-1440");
  await ben.page.getByRole("link", { name: "Take over in the studio" }).click();
  await ben.page.waitForURL("**/studio?stream=*");
  await ready(ben.page);
  await ben.page.getByText("Anna Quay is on air, and is heard until your first sound.").waitFor();
  await ben.page.click(".input-open");
  await ben.page.getByRole("button", { name: "Take over", exact: true }).click();
  await ben.page.getByRole("button", { name: "Leave the air" }).waitFor();
  await anna.page.getByText("Ben Ortiz has taken over. You are not heard any more.").waitFor();
  await picture(anna.page, "live-handed-over-1440");
  await listener.page.getByText("Ben Ortiz is on air, invited by Anna Quay").waitFor();
  equal(await ben.page.locator("#stream-name").isDisabled(), true, "it is Anna's stream");
  await anna.page.getByRole("button", { name: "Take it back" }).click();
  await ben.page.getByText("Anna Quay has taken over. You are not heard any more.").waitFor();
  await listener.page.getByText("Ben Ortiz is on air").waitFor({ state: "detached" });
  await listener.page.waitForSelector(".live-state[data-status=live]");
  deepEqual([...anna.problems, ...listener.problems], []);
  for (const one of [anna, ben, listener]) await one.context.close();
});

Deno.test("[L6] a host takes an invitation back: who is on air by it is so no more, also when their line is away, and is told why", async () => {
  const way = gate(Number(new URL(site.url).port));
  const anna = await creator(site, "Anna Holm");
  const ben = await creator({ ...site, url: way.url }, "Ben Ortiz");
  const me = await api<{ id: string }>(ben.page, "GET", "/users/me");
  const { body: { id } } = await api<{ id: string }>(anna.page, "POST", "/live", {
    title: "One at the desk",
  });
  const listener = await visit(site);
  const told = ben.page.getByText("The host has taken the invitation back.");
  const benIsOnAir = listener.page.getByText("Ben Ortiz is on air, invited by Anna Holm");
  const benGoesOn = async (button: string) => {
    await api(anna.page, "PATCH", `/live/${id}`, { coHostId: me.body.id });
    await open(ben.page, `/studio?stream=${id}`);
    await ben.page.click(".input-open");
    await ben.page.getByRole("button", { name: button, exact: true }).click();
    await listen(listener.page, `/live/${id}`);
    await benIsOnAir.waitFor();
  };
  await open(anna.page, `/studio?stream=${id}`);
  await anna.page.click(".input-open");
  await benGoesOn("Go on air");
  await anna.page.getByRole("button", { name: "off air at once" }).click();
  await told.waitFor();
  await anna.page.getByRole("button", { name: "Go on with this stream" }).click();
  await benIsOnAir.waitFor({ state: "detached" });
  await listener.page.waitForSelector(".live-state[data-status=live]");
  await benGoesOn("Take over");
  way.shut();
  await ben.page.getByText("The line broke.").waitFor();
  await api(anna.page, "PATCH", `/live/${id}`, { coHostId: null });
  way.open();
  await told.waitFor();
  deepEqual([...anna.problems, ...listener.problems], []);
  for (const one of [anna, ben, listener]) await one.context.close();
  way.stop();
});

Deno.test("[L6] [S4] who is invited and is no creator becomes one in the studio, with the invitation before them", async () => {
  const anna = await creator(site, "Anna Holm");
  const ben = await person(site, "Ben Ortiz");
  const { body: { id } } = await api<{ id: string }>(anna.page, "POST", "/live", {
    title: "Two at the desk",
  });
  await api(anna.page, "PATCH", `/live/${id}`, { coHostId: ben.id });
  await open(anna.page, `/studio?stream=${id}`);
  await anna.page.getByText("Ben Ortiz is invited, and is no creator here yet").waitFor();
  await open(ben.page, `/live/${id}`);
  await ben.page.getByRole("link", { name: "Take over in the studio" }).click();
  await ben.page.getByText("Anna Holm invites you to take over “Two at the desk”.").waitFor();
  await ben.page.getByRole("button", { name: "Become a creator" }).click();
  await ben.page.getByText("This is Anna Holm’s stream. You are invited").waitFor();
  equal(new URL(ben.page.url()).searchParams.get("stream"), id);
  await anna.page.getByText("Ben Ortiz may take over.").waitFor();
  deepEqual([...anna.problems, ...ben.problems], []);
  for (const one of [anna, ben]) await one.context.close();
});

Deno.test("[L8] a listener raises a hand by keyboard; the host sees it, lowers it, or invites", async () => {
  const host = await creator(site, "Ida Lind");
  // on air by a program that is silent: no gap on a busy machine drives a listener to HLS
  const { body: { id } } = await api<{ id: string }>(host.page, "POST", "/live", {
    title: "Questions",
  });
  const { host: onAir } = await goLive(site.url, id, await signIn(site.url, host.username));
  const path = `/live/${id}`;
  await open(host.page, `/studio?stream=${id}`);
  const [one, two] = [await person(site, "Noor Bakker"), await person(site, "Tom Reyes")];
  for (const { page } of [one, two]) await listen(page, path);
  const hand = one.page.getByRole("button", { name: "Raise your hand" });
  await hand.focus();
  await one.page.keyboard.press("Enter");
  await one.page.getByText("The host sees your hand. You are next.").waitFor();
  await two.page.getByRole("button", { name: "Raise your hand" }).click();
  await two.page.getByText("The host sees your hand, and 1 hand before it.").waitFor();
  const hands = host.page.locator(".hands li");
  await hands.nth(1).waitFor();
  match((await hands.allInnerTexts()).join(), /Noor Bakker[^]*Tom Reyes/);
  for (const width of [360, 1440]) {
    await host.page.setViewportSize({ width, height: 900 });
    await one.page.setViewportSize({ width, height: 900 });
    await picture(host.page, `live-hands-${width}`);
    await picture(one.page, `live-hand-${width}`);
    const wide = await host.page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("*")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth)
        .map(({ tagName, className }) => `${tagName} ${className}`)
    );
    equal(wide.join(), "", `too wide at ${width}: ${wide}`);
  }
  await host.page.getByRole("button", { name: "Lower the hand of Noor Bakker" }).click();
  await one.page.getByText("The host has lowered your hand.").waitFor();
  await two.page.getByText("The host sees your hand. You are next.").waitFor();
  const tom = hands.filter({ hasText: "Tom Reyes" });
  await tom.getByRole("button", { name: "Invite", exact: true }).click();
  await two.page.getByText("Ida Lind invites you to take over").waitFor();
  await two.page.getByRole("button", { name: "Lower your hand" }).click();
  await host.page.getByText("Nobody has raised a hand.").waitFor();
  deepEqual([...host.problems, ...one.problems, ...two.problems], []);
  await onAir[Symbol.asyncDispose]();
  for (const each of [host, one, two]) await each.context.close();
});

Deno.test("[L8] [L4] who hears it by HLS raises a hand and sends a sign as by the quick way, and is told the same", async () => {
  const host = await creator(site, "Olga Brandt");
  const path = await goOnAir(host.page, "By the slow way");
  const [one, two] = [await person(site, "Noor Bakker"), await visit(site)];
  for (const { page } of [one, two]) {
    await listen(page, path);
    await page.getByRole("button", { name: "Hear it more steadily" }).click();
    await page.locator(".live-mode", { hasText: "HLS" }).waitFor();
  }
  await one.page.getByRole("button", { name: "Raise your hand" }).click();
  await one.page.getByText("The host sees your hand. You are next.").waitFor();
  await one.page.getByRole("button", { name: "Send 🔥" }).click();
  await two.page.locator(".floating span", { hasText: "🔥" }).waitFor({ state: "attached" });
  equal(await two.page.getByRole("button", { name: "Send 🔥" }).count(), 0, "a guest only looks");
  await host.page.getByRole("button", { name: "Lower the hand of Noor Bakker" }).click();
  await one.page.getByText("The host has lowered your hand.").waitFor();
  await one.page.getByRole("button", { name: "Stop listening" }).click();
  await one.page.getByRole("button", { name: "Send 🔥" }).and(one.page.locator(":disabled"))
    .waitFor();
  deepEqual([...host.problems, ...one.problems, ...two.problems], []);
  for (const each of [host, one, two]) await each.context.close();
});

Deno.test("[L7] the studio says what happens to the recording, after it was loaded again too", async () => {
  const host = await creator(site, "Lena Moor");
  const { page } = host;
  const { body: { id } } = await api<{ id: string }>(page, "POST", "/live", {
    ...{ title: "Kept", record: true },
  });
  await using _ = (await goLive(site.url, id, await signIn(site.url, host.username))).host;
  const line = page.locator(".recording-line");
  await open(page, `/studio?stream=${id}`);
  await line.getByText("Everything is recorded.").waitFor();
  const recordingSince = new Date(2026, 10, 21, 20, 4).toISOString();
  await page.route("**/stats", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({
      json: { ...await answer.json(), recording: "interrupted", recordingSince },
    });
  });
  for (const again of [false, true]) {
    if (again) await open(page, page.url());
    await line.getByText("Interrupted since 20:04: the store does not answer.").waitFor();
  }
  await page.unrouteAll({ behavior: "wait" });
  await line.getByText("Everything is recorded.").waitFor();
  await page.getByRole("button", { name: "End the stream" }).click();
  await page.getByRole("button", { name: "End it now" }).click();
  await line.getByText("There was nothing to keep.").waitFor();
  await open(page, page.url());
  await page.getByText("The stream has ended.").waitFor();
  await line.getByText("There was nothing to keep.").waitFor();
  await host.context.close();
});
