/** The replay of a stream in a browser: the chat moves along with its recording (X5). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { hostOf, opusTone } from "../support/live_host.ts";
import { recorded } from "../support/live_replay.ts";
import { checkAxe, currentTime, open, picture, playedPast, stand, visit } from "./support.ts";

Deno.test("[X5] a stream's chat beside its recording: it moves along, and a message takes one there", async (t) => {
  const site = await stand();
  try {
    const host = await hostOf(site.url);
    const { stream, track } = await recorded(site.url, host, {
      packets: await opusTone(9),
      lines: [
        [300, "**Good evening** to all"],
        [2_500, "<img src=x onerror=alert(1)> is only text"],
        [5_000, "Which synth is that"],
        [7_500, "Thank you"],
      ],
    });
    const path = `/tracks/${track.id}`;

    await t.step("it moves along", async () => {
      const { page, problems, context } = await visit(site, { theme: "night" });
      await open(page, path);
      const rows = page.locator(".replay-list li");
      equal(await rows.count(), 4);
      equal(await page.locator(".replay-list [aria-current]").count(), 0);
      equal(await page.locator(".replay-list img").count(), 0);
      equal(await rows.nth(0).locator("strong").innerText(), "Good evening");
      await page.click(".stage-head button");
      await playedPast(page, 3);
      await page.waitForFunction(() =>
        document.querySelectorAll(".replay-list li")[1]?.getAttribute("aria-current") === "true"
      );
      await picture(page, "replay-1440-night");
      await checkAxe(page, "the replay");

      // by keyboard alone: one stop, arrows between the times, Enter plays from there
      await page.locator(".replay-time[tabindex='0']").focus();
      await page.keyboard.press("End");
      deepEqual(await page.evaluate(() => document.activeElement?.textContent), "Play from 0:07");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() =>
        document.querySelectorAll(".replay-list li")[2]?.getAttribute("aria-current") === "true"
      );
      const at = await currentTime(page);
      ok(at > 4.5 && at < 7, `${at} s`);
      deepEqual(problems, []);
      await context.close();
    });

    await t.step("a press on a time plays from there, before anything plays", async () => {
      const { page, problems, context } = await visit(site, {
        ...{ theme: "paper", viewport: { width: 360, height: 780 } },
      });
      await open(page, path);
      await page.click(".replay-list li:nth-child(3) .replay-time");
      await playedPast(page, 4.8);
      await picture(page, "replay-360-paper");
      await checkAxe(page, "the replay, narrow");
      deepEqual(problems, []);
      await context.close();
    });

    await t.step(
      "[L7] the track says that it was live and leads to the stream, which leads to it",
      async () => {
        const { page, problems, context } = await visit(site);
        await open(page, path);
        const said = page.locator(".track-live");
        const at = Date.parse(await said.locator("time").getAttribute("datetime") ?? "");
        ok(Math.abs(at - Date.parse(stream.createdAt)) < 60_000, `${at}`);
        await said.getByRole("link", { name: "The stream and its chat" }).click();
        await page.waitForURL(`**/live/${stream.id}`);
        await page.getByText("Which synth is that").waitFor();
        await page.getByRole("link", { name: "Hear the recording" }).click();
        await page.waitForURL(`**${path}`);
        deepEqual(problems, []);
        await context.close();
      },
    );

    await t.step("without script it is a list with times", async () => {
      const { page, context } = await visit(site, { javaScriptEnabled: false });
      await page.goto(path);
      const times = await page.locator(".replay-time").allInnerTexts();
      deepEqual(times, ["0:00", "0:02", "0:05", "0:07"]);
      equal(await page.locator(".replay button").count(), 0);
      await context.close();
    });
  } finally {
    await site.stop();
  }
});
