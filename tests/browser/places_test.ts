/** The places of the site on a wide and on a narrow screen: each has a way there, without script too. */
import { deepEqual, equal } from "node:assert/strict";
import { person } from "./rooms_support.ts";
import { checkAxe, open, picture, stand, visit } from "./support.ts";

Deno.test("[W5] a narrow screen has five places in its bar, and ways to all others above the page", async () => {
  const site = await stand();
  try {
    const who = await person(site, "Ada Quay", { viewport: { width: 1440, height: 900 } });
    const plain = await visit(site, {
      ...{ javaScriptEnabled: false, viewport: { width: 360, height: 800 } },
    });
    const seen = (within: string) =>
      who.page.locator(`${within} a[href]:visible`).evaluateAll((links) =>
        links.map((link) => link.getAttribute("href"))
      );
    await open(who.page, "/");
    const wide = await seen("#rail");
    await who.page.setViewportSize({ width: 360, height: 800 });
    const bar = await seen("#rail");
    deepEqual(bar, ["/", "/library", "/rooms", "/live", "/studio"]);
    const all = [...bar, ...await seen("#top")];
    deepEqual(wide.filter((href) => !all.includes(href)), [], "no way is lost");
    for (const theme of ["night", "paper", "contrast"]) {
      await who.page.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
      await checkAxe(who.page, `places in ${theme}`);
      await picture(who.page, `places-${theme}-360`);
    }
    for (const box of await who.page.locator("#top a:visible, #rail a:visible").all()) {
      const { width = 0, height = 0 } = await box.boundingBox() ?? {};
      equal(Math.min(width, height) >= 24, true, "a thumb finds it");
    }
    await who.page.locator("#top").getByRole("link", { name: "Upload" }).click();
    await who.page.waitForURL("**/upload");
    equal(await who.page.locator("#top [aria-current=page]").getAttribute("href"), "/upload");
    await plain.page.goto("/");
    await plain.page.locator("#top").getByRole("link", { name: "Search" }).click();
    await plain.page.waitForURL("**/search");
    deepEqual(who.problems, []);
  } finally {
    await site.stop();
  }
});
