/** Tests of renewing addresses while a track plays (U14). */
import { equal, ok } from "node:assert/strict";
import { lease } from "./lease.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const at = (token: number, urlsEndInMs: number | null) => ({
  streamUrl: `/m.m3u8${urlsEndInMs === null ? "" : `?t=${token}`}`,
  urlsEndInMs,
});

Deno.test("[U14] addresses are renewed before they end, for as long as they are held", async () => {
  let asked = 0;
  const held = lease(at(0, 100), () => Promise.resolve(at(++asked, 100)));
  equal(await held.at("/seg?t=x"), "/seg?t=0");
  await wait(90);
  equal(await held.at("/seg?t=x"), "/seg?t=1");
  await wait(250);
  ok(asked >= 3, `renewed ${asked} times`);
  held.stop();
  const before = asked;
  await wait(200);
  equal(asked, before);
});

Deno.test("[U14] what was refused is renewed at once, and only once for all that wait", async () => {
  let asked = 0;
  const held = lease(at(0, 60_000), async () => {
    asked++;
    await wait(20);
    return at(asked, 60_000);
  });
  held.refused();
  held.refused();
  equal((await Promise.all([held.at("/a"), held.at("/b")])).join(), "/a?t=1,/b?t=1");
  equal(asked, 1);
  held.stop();
});

Deno.test("[U14] a renewal that fails leaves what there is; public addresses need none", async () => {
  const held = lease(at(7, 60_000), () => Promise.reject(new Error("offline")));
  held.refused();
  equal(await held.at("/a"), "/a?t=7");
  held.stop();
  const open = lease(at(0, null), () => Promise.reject(new Error("not asked")));
  equal(await open.at("/a"), "/a");
  open.stop();
});
