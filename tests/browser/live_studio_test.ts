/** The studio says what is so: of a program that sends, of a recording with holes, and afterwards. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { LiveView } from "../../domain/live.ts";
import { signIn } from "../support/client.ts";
import { ffmpegEncoder } from "../support/encoders.ts";
import { frameOf, goLive } from "../support/live.ts";
import { creator } from "./live_support.ts";
import { api } from "./rooms_support.ts";
import { open, type Stand, stand } from "./support.ts";

let site: Stand;
Deno.test.beforeAll(async () => void (site = await stand()));
Deno.test.afterAll(() => site?.stop());

Deno.test("[L8] [L2] while a program sends, the studio shows what comes from it, and nothing of a browser's input", async () => {
  const host = await creator(site, "Kai Moreau");
  const { page } = host;
  const { body: stream } = await api<LiveView>(page, "POST", "/live", {
    ...{ title: "From the desk", record: true },
  });
  const head = page.locator(".studio-head");
  const input = page.getByRole("heading", { name: "Input", exact: true });
  {
    const tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-ac", "2"];
    await using _ = ffmpegEncoder(stream, "mp3", tone);
    await open(page, `/studio?stream=${stream.id}`);
    await head.getByText("A program sends to this stream now: MP3, stereo.").waitFor();
    equal(await input.count(), 0);
    equal(await page.getByRole("heading", { name: "Sound", exact: true }).count(), 0);
    equal(await page.getByText("without sound from here").count(), 0);
    await head.getByText("Everything is recorded.").waitFor();
    const readouts = () => head.locator(".readout dt").allInnerTexts();
    deepEqual(await readouts(), ["Listeners", "They get", "Left out", "Most at once", "Format"]);
    const given = head.locator(".readout", { hasText: "They get" }).locator("dd");
    await given.getByText(/^[1-9]\d* kbit/).waitFor();
    const kbit = Number.parseInt(await given.innerText());
    ok(kbit > 20 && kbit < 300, `${kbit} kbit/s`);
  }
  await head.getByText("The program is away.").waitFor();
  await head.getByText("0 kbit/s", { exact: true }).waitFor();
  equal(await head.locator(".studio-lamp").innerText(), "The line is away");
  await input.waitFor();
  await head.getByRole("button", { name: "Go on with this stream" }).waitFor();
  deepEqual(host.problems, []);
  await host.context.close();
});

Deno.test("[L7] a recording in which something is missing is not said to have everything, also after the host was away", async () => {
  const host = await creator(site, "Rosa Lindt");
  const { page } = host;
  const { body: { id } } = await api<LiveView>(page, "POST", "/live", {
    ...{ title: "With holes", record: true },
  });
  const grant = await signIn(site.url, host.username);
  const line = page.locator(".recording-line");
  const one = await goLive(site.url, id, grant);
  one.host.send(frameOf(0));
  await open(page, `/studio?stream=${id}`);
  await line.getByText("Everything is recorded.").waitFor();
  for (const sequence of [76, 77]) one.host.send(frameOf(sequence)); // 75 of 20 ms are left out
  await line.getByText("Recorded, but for what was left out on the way: 1.5 sec.").waitFor();
  await one.host[Symbol.asyncDispose]();
  await line.getByText("The recording goes on when the stream does.").waitFor();
  const two = await goLive(site.url, id, grant);
  two.host.send(frameOf(178)); // another 100 while it was away
  await line.getByText("Recorded, but for what was left out on the way: 3.5 sec.").waitFor();
  deepEqual(host.problems, []);
  await two.host[Symbol.asyncDispose]();
  await host.context.close();
});

Deno.test("[L1] after the end another stream begins with an empty form, and the sound as it was chosen", async () => {
  const host = await creator(site, "Noor Bakker");
  const { page } = host;
  const { body: { id } } = await api<LiveView>(page, "POST", "/live", {
    ...{ title: "The first", description: "Once.", record: false, visibility: "unlisted" },
  });
  const { host: onAir } = await goLive(site.url, id, await signIn(site.url, host.username));
  await open(page, `/studio?stream=${id}`);
  await page.selectOption("#stream-bitrate", "192000");
  await page.getByRole("button", { name: "End the stream" }).click();
  await page.getByRole("button", { name: "End it now" }).click();
  await page.getByText("The stream has ended.").waitFor();
  equal(await page.locator("#stream-name").count(), 0, "what is over is told of no other");
  await page.getByRole("button", { name: "Start another" }).click();
  await page.getByText("Give it a title first.").or(page.getByText("Turn the input on first."))
    .waitFor();
  const form = ["name", "about", "begins", "visibility", "bitrate"].map((field) =>
    page.inputValue(`#stream-${field}`)
  );
  deepEqual(await Promise.all(form), ["", "", "", "public", "192000"]);
  equal(await page.getByLabel("Record it").isChecked(), true);
  deepEqual(host.problems, []);
  await onAir[Symbol.asyncDispose]();
  await host.context.close();
});
