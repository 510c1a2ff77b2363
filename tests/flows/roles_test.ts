/** Role × route, from the OpenAPI document: each may do what the table says, and no more (S4). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { openDatabase } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";
import { may, type Permission, PERMISSIONS, type Role, ROLES } from "../../domain/auth.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, upload } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

const silent = { info() {}, warn() {}, error() {} };

/** Gives an account these roles, past the interface, as an administrator's task does. */
async function setRoles(userId: string, roles: Role[]): Promise<void> {
  const config = { databaseUrl: undefined, dataDir: node.dataDir, dbPool: 1 };
  await using db = await openDatabase(config, silent, { share: true });
  equal(await userStore(db.sql).setRoles(userId, roles), true);
}

interface Operation {
  "x-permission": Permission;
  requestBody?: { content: Record<string, unknown> };
}

Deno.test("[S4] every role on every route: let in as the table says, refused otherwise", async () => {
  const { paths } = (await ask<{ paths: Record<string, Record<string, Operation>> }>(
    node.url,
    "/api/v1/openapi.json",
  )).body;
  const accounts = new Map<Role, Grant | null>([["guest", null]]);
  for (const role of ROLES.slice(1)) {
    const grant = await register(node.url);
    if (role !== "user") await setRoles(grant.user.id, [role]);
    accounts.set(role, grant);
  }
  const missing = "019a0000-0000-7000-8000-000000000000";
  let checked = 0;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const permission = operation["x-permission"];
      ok(permission in PERMISSIONS, `${method} ${path} names no permission`);
      for (const [role, grant] of accounts) {
        // ending the session would spoil what follows
        if (path === "/auth/logout" && role !== "guest") continue;
        const { status, body } = await ask(node.url, `/api/v1${path.replace("{id}", missing)}`, {
          method: method.toUpperCase(),
          ...(grant && { token: grant.accessToken }),
          ...(operation.requestBody && { json: {} }),
        });
        const noBody = method === "head";
        const refused = status === 401 && (noBody || body.code === "unauthenticated") ||
          status === 403;
        equal(refused, !may([role], permission), `${role}: ${method} ${path} answered ${status}`);
        checked++;
      }
    }
  }
  ok(checked > 80, `only ${checked} were checked`);
});

Deno.test("[S4] a role that is given or taken counts within five seconds, with the same token", async () => {
  const anna = await register(node.url);
  const mia = await register(node.url);
  const { id } = (await upload(node.url, anna.accessToken, await song("wav", 1), {
    fields: { visibility: "private" },
  })).body.track;
  // moderators see private tracks, others do not: a look changes nothing
  const look = async () =>
    (await ask(node.url, `/api/v1/tracks/${id}`, { token: mia.accessToken })).status;
  const within5s = async (wanted: number) => {
    const until = Date.now() + 5_500;
    while (await look() !== wanted) {
      ok(Date.now() < until, `still ${await look()} after 5.5 s, wanted ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  equal(await look(), 404);
  await setRoles(mia.user.id, ["moderator"]);
  await within5s(200);
  await setRoles(mia.user.id, ["user"]);
  await within5s(404);
});

Deno.test("[S11] what is another's cannot be reached by its id, nor taken by naming its fields", async () => {
  const anna = await register(node.url);
  const eve = await register(node.url);
  const secret = (await upload(node.url, anna.accessToken, await song("wav", 1), {
    fields: { visibility: "private", title: "secret" },
  })).body.track;
  const path = `/api/v1/tracks/${secret.id}`;
  const asEve = (method: string, at: string, json?: object) =>
    ask(node.url, at, { method, token: eve.accessToken, ...(json && { json }) });
  for (
    const [method, at, json] of [
      ["GET", path, undefined],
      ["PATCH", path, { title: "mine" }],
      ["DELETE", path, undefined],
      ["GET", `${path}/waveform`, undefined],
      ["GET", `${path}/events`, undefined],
      ["GET", `${path}/stream/master.m3u8`, undefined],
      ["POST", `${path}/plays`, undefined],
    ] as const
  ) equal((await asEve(method, at, json)).status, 404, `${method} ${at}`);

  for (
    const field of ["creatorId", "status", "playCount", "id", "mediaKey", "media_key", "__proto__x"]
  ) {
    const { status, body } = await ask(node.url, path, {
      method: "PATCH",
      token: anna.accessToken,
      json: { [field]: eve.user.id },
    });
    deepEqual([status, body.code], [422, "invalid"], field);
  }
  for (const field of ["roles", "email", "tokenVersion", "status", "id"]) {
    equal((await asEve("PATCH", "/api/v1/users/me", { [field]: ["admin"] })).status, 422, field);
  }
  const list = await ask<{ items: { title: string }[] }>(node.url, "/api/v1/tracks?q=secret");
  deepEqual(list.body.items, []);
});
