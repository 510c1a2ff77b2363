/** Tests of who may hear a stream by a player. */
import { equal, rejects } from "node:assert/strict";
import { Hono } from "hono";
import type { LiveRow } from "../db/live.ts";
import type { Role, Viewer } from "../domain/auth.ts";
import { isRejection } from "../domain/errors.ts";
import { liveTokens } from "../services/live_tokens.ts";
import type { AppEnv } from "./env.ts";
import { liveAccess, type LiveOpened } from "./live_access.ts";

const ID = "0199a2b4-6a00-7c1e-8f00-0123456789ab";
const HOST = "0199a2b4-6a00-7c1e-8f00-0123456789ac";
const GUEST: Viewer = { kind: "guest" };
const user = { kind: "user", userId: HOST, roles: ["creator"] } as unknown as Viewer;
const HOUR = 3_600_000;

async function parts() {
  const state = {
    now: Date.UTC(2026, 10, 21),
    row: { id: ID, hostId: HOST, coHostId: null, keyGeneration: 1, visibility: "private" },
    known: null as object | null,
    roles: ["creator"] as readonly Role[] | null,
  };
  const access = liveAccess({
    rowOf: (_, afresh) => {
      if (afresh || !state.known) state.known = state.row;
      return Promise.resolve(state.known as LiveRow);
    },
    rolesOf: () => Promise.resolve(state.roles),
    tokens: await liveTokens({ current: new Uint8Array(32).fill(1) }),
    publicUrl: "https://veza.example",
    now: () => state.now,
  });
  const open = async (address: string, viewer = GUEST): Promise<LiveOpened> => {
    const { promise, resolve, reject } = Promise.withResolvers<LiveOpened>();
    const app = new Hono<AppEnv>();
    app.get("*", async (c) => {
      c.set("viewer", viewer);
      await access.open(c, ID).then(resolve, reject);
      return c.body(null);
    });
    await app.request(address);
    return await promise;
  };
  const address = async () => (await access.addresses(user, state.row as LiveRow)).hlsUrl;
  const refused = (address: string, code: string) =>
    rejects(open(address), (error) => isRejection(error) && error.code === code, code);
  return { state, open, address, refused };
}

Deno.test("[L4] an address that has ended is told as such, and a false one as nothing", async () => {
  const { state, open, address, refused } = await parts();
  const url = await address();
  equal((await open(url)).token, new URL(url).searchParams.get("t"));
  await refused(url.slice(0, -50), "not_found");
  await refused(`${url.split("?")[0]}`, "not_found");
  state.now += 13 * HOUR;
  await refused(url, "link_expired");
});

Deno.test("[L4] whoever is no account of the site any more hears nothing by an old address", async () => {
  const { state, address, refused } = await parts();
  const url = await address();
  state.roles = null;
  await refused(url, "not_found");
});

Deno.test("[L4] who was let in a moment ago is not turned away for what was known before", async () => {
  const { state, open, address, refused } = await parts();
  state.known = { ...state.row, hostId: ID };
  equal((await open(await address())).stream.hostId, HOST);
  state.known = { ...state.row, keyGeneration: 0 };
  await open(await address());
  state.row = { ...state.row, keyGeneration: 2 };
  const old = await parts().then(({ address }) => address());
  state.known = state.row;
  await refused(old, "not_found");
});

Deno.test("[L4] a session that may hear it needs no token, and its list carries none", async () => {
  const { open } = await parts();
  equal((await open(`https://veza.example/live/${ID}/index.m3u8`, user)).token, null);
});
