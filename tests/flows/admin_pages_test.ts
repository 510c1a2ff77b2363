/** The pages of administrators without script: who may enter, and what their forms do (S4, X3). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Role } from "../../domain/auth.ts";
import type { Overview, RuntimeSnapshot } from "../../domain/overview.ts";
import { setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload } from "../support/client.ts";
import { creator, goLive, makeLive } from "../support/live.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";

const PAGES = ["/admin", "/admin/runtime", "/admin/jobs"];
const FORMS = [
  "/admin/runtime/track_upload/x/restart",
  "/admin/runtime/track_upload/x/crash",
  "/admin/jobs/019a0000-0000-7000-8000-000000000000/retry",
  "/admin/jobs/019a0000-0000-7000-8000-000000000000/cancel",
];

/** An account with this role, and the way to ask for pages as it. */
async function visitor(node: RunningNode, role: Role | null) {
  const grant = role === null ? null : await register(node.url);
  if (grant && role && role !== "user") {
    await setRoles(node, grant.user.id, [role]);
    if (role === "admin") {
      await until("the role to count", async () => (await page("/admin")).status === 200);
    }
  }
  function page(path: string, form?: Record<string, string>, language = "en") {
    return ask<string>(node.url, path, {
      ...(grant && { token: grant.accessToken }),
      ...(form && { body: new URLSearchParams(form) }),
      headers: { Accept: "text/html", "Accept-Language": language },
    });
  }
  return { page, token: grant?.accessToken ?? "" };
}

Deno.test("[S4] the pages of administrators, and their forms: nobody else enters, and no link leads there", async () => {
  await using node = await startNode();
  for (
    const [role, status] of [[null, 401], ["user", 403], ["moderator", 403], [
      "admin",
      200,
    ]] as const
  ) {
    const { page } = await visitor(node, role);
    for (const path of PAGES) equal((await page(path)).status, status, `${role}: ${path}`);
    for (const path of FORMS) {
      const { status: got } = await page(path, { sure: "yes" });
      equal(got, role === "admin" ? 404 : status, `${role}: POST ${path}`);
    }
    if (role === null || role === "user") {
      ok(!(await page("/")).body.includes('href="/admin'), `${role} is shown the way`);
    }
  }
});

Deno.test("[X3] without script: an actor is listed, restarted after a question, and crashed in a demonstration", async () => {
  await using node = await startNode({ env: { DEMO: "1", NODE_NAME: "shown" } });
  const { page, token } = await visitor(node, "admin");
  match((await page("/admin/runtime")).body, /No actor lives at the moment/);
  const { body } = await upload(node.url, token, await song("flac", 30), {
    fields: { title: "Harbour" },
  });
  const { id } = body.upload;
  const snapshot = async () =>
    (await ask<RuntimeSnapshot>(node.url, "/api/v1/admin/runtime", { token })).body;
  await until("the actor", async () => (await snapshot()).actors.found === 1);
  const { about, nodes, actors: { items: [actor] } } = await snapshot();
  deepEqual(about, {
    [`track_upload/${id}`]: { title: "Harbour", path: `/tracks/${body.track.id}` },
  });
  deepEqual([actor?.mailboxBound, actor?.node], [1_000, "shown"]);
  const epoch = actor?.epoch ?? 0;
  ok(epoch >= 1, "its row gives the epoch");
  ok(nodes[0] && nodes[0].rssBytes > 10_000_000 && nodes[0].actors === 1);

  const listed = (await page("/admin/runtime?sort=name&state=")).body;
  ok(listed.includes(`data-actor="track_upload/${id}"`) && listed.includes("Harbour"));
  const base = `/admin/runtime/track_upload/${id}`;
  const asked = await page(`${base}/restart`, {});
  deepEqual([asked.status, asked.body.includes('name="sure"')], [200, true]);
  equal((await page(`${base}/restart`, { sure: "yes" })).status, 303);
  equal((await page(`${base}/crash`, {})).status, 303);
  await until("its next lives", async () => {
    const { actors: { items: [now] } } = await snapshot();
    return now !== undefined && (now.epoch ?? 0) >= epoch + 2 && now.crashes === 1;
  });
  const { body: overview } = await ask<Overview>(node.url, "/api/v1/admin/overview", { token });
  equal(overview.troubles[0]?.aggregateId, `track_upload/${id}`);
  deepEqual([overview.people.active, overview.originalBytes > 0], [1, true]);
  equal((await page(`/admin/jobs?cursor=${"x".repeat(300)}`)).status, 200);
  match((await page("/admin")).body, /Somebody asked this actor to crash/);
  match((await page("/admin/jobs")).body, /Harbour/);
});

Deno.test("[X3] streams and rooms are named in words, with their titles where those are open to all", async () => {
  await using node = await startNode();
  const { page, token } = await visitor(node, "admin");
  const host = await creator(node.url);
  const stream = await makeLive(node.url, host, { title: "Night shift" });
  const hidden = await makeLive(node.url, host, { title: "Rehearsal", visibility: "private" });
  const probes = await Promise.all([stream, hidden].map(({ id }) => goLive(node.url, id, host)));
  const { id: open } = await makeRoom(node.url, host);
  const { id: closed } = await makeRoom(node.url, host, { kind: "private", name: "Backstage" });
  using talk = await probeAs(node.url, host);
  for (const id of [open, closed, stream.roomId, hidden.roomId]) {
    await talk.ask(join(id));
    await talk.ask(message(id, "Hello"));
  }
  const { body: { about } } = await ask<RuntimeSnapshot>(
    node.url,
    "/api/v1/admin/runtime",
    { token },
  );
  deepEqual(about, {
    [`live/${stream.id}`]: { title: "Night shift", path: `/live/${stream.id}` },
    [`room/${stream.roomId}`]: { title: "Night shift", path: `/live/${stream.id}` },
    [`room/${open}`]: { title: "Workshop", path: `/rooms/${open}` },
  });
  const shown = async (language: string) =>
    [
      ...(await page("/admin/runtime", undefined, language)).body
        .matchAll(/data-actor="([^"]+)".*?<span>(.*?)<\/span>/gs),
    ].map(([, name, words]) => `${name}: ${words?.replaceAll(/<[^>]*>/g, "")}`).sort();
  const words = (live: string, room: string) =>
    [
      `live/${stream.id}: ${live} Night shift`,
      `live/${hidden.id}: ${live} …${hidden.id.slice(-8)}`,
      `room/${stream.roomId}: ${room} Night shift`,
      `room/${open}: ${room} Workshop`,
      ...[closed, hidden.roomId].map((id) => `room/${id}: ${room} …${id.slice(-8)}`),
    ].sort();
  deepEqual(await shown("en"), words("Live stream", "Room"));
  deepEqual(await shown("fr"), words("Direct", "Salon"));
  talk.socket.close();
  await talk.closed;
  for (const { host: probe } of probes) await probe[Symbol.asyncDispose]();
});
