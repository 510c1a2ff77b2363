/** `/api/v1/users`: profiles, and one's own account. */
import { z } from "zod";
import { type Role, Username } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { Id, isId } from "../domain/ids.ts";
import { PageQuery } from "../domain/pages.ts";
import { Quota } from "../domain/quotas.ts";
import { Track } from "../domain/tracks.ts";
import { OwnUser, ownUser, PublicUser, UserPatch } from "../domain/users.ts";
import type { TrackStore } from "../db/tracks.ts";
import type { UserStore } from "../db/users.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";
import type { MediaAccess } from "./media_access.ts";

const IdOrName = z.object({
  id: z.union([Id, Username]).meta({ description: "An account's id or username" }),
});
const profileKey = (id: string) => isId(id) ? { id } : { username: id };

const me = endpoint({
  method: "get",
  path: "/users/me",
  tags: ["users"],
  operationId: "getOwnUser",
  summary: "One's own account",
  description: "What only the owner sees is here too: the address and the roles.",
  permission: "account:own",
  responses: { 200: json(OwnUser, "The account") },
});

const patchMe = endpoint({
  method: "patch",
  path: "/users/me",
  tags: ["users"],
  operationId: "updateOwnUser",
  summary: "Change one's own profile",
  description: "Fields that are left out stay as they are.",
  permission: "account:own",
  request: { body: body(UserPatch) },
  responses: { 200: json(OwnUser, "The account as it is now") },
});

const quota = endpoint({
  method: "get",
  path: "/users/me/quota",
  tags: ["users"],
  operationId: "getOwnQuota",
  summary: "How much one stores, and may store",
  description: "Bytes of the files as they were uploaded; the same file is counted once.",
  permission: "account:own",
  responses: { 200: json(Quota, "The quota") },
});

const profile = endpoint({
  method: "get",
  path: "/users/{id}",
  tags: ["users"],
  operationId: "getUser",
  summary: "A public profile, by id or username",
  description: "Without what is private to its owner.",
  permission: "users:read",
  problems: [404],
  request: { params: IdOrName },
  responses: { 200: json(PublicUser, "The profile") },
});

/** So many people are found at most. */
const FOUND_MOST = 20;

const search = endpoint({
  method: "get",
  path: "/users",
  tags: ["users"],
  operationId: "searchUsers",
  summary: "People whose username or name has these letters",
  description: "At most 20; for those who are signed in.",
  permission: "account:own",
  request: { query: z.object({ q: z.string().trim().min(1).max(80) }) },
  responses: { 200: json(z.object({ items: z.array(PublicUser) }), "People, by username") },
});

const tracksOf = endpoint({
  method: "get",
  path: "/users/{id}/tracks",
  tags: ["users"],
  operationId: "listUserTracks",
  summary: "The tracks of an account; one's own in any state",
  description:
    "Others see what is public and can be played; one's own are all there, in any state.",
  permission: "tracks:read",
  problems: [404],
  request: { params: IdOrName, query: PageQuery },
  responses: {
    200: json(z.object({ items: z.array(Track), nextCursor: z.string().nullable() }), "Tracks"),
  },
});

export function users(
  { users, tracks, access, quotaOf }: {
    users: UserStore;
    tracks: TrackStore;
    access: MediaAccess;
    quotaOf: (account: { userId: string; roles: readonly Role[] }) => Promise<Quota>;
  },
) {
  const app = routes();

  app.openapi(me, async (c) => {
    const account = await users.byId(signedIn(c).userId);
    if (!account) throw new Rejection("session_ended");
    return c.json(ownUser(account), 200);
  });

  app.openapi(patchMe, async (c) => {
    const account = await users.update(signedIn(c).userId, c.req.valid("json"));
    if (!account) throw new Rejection("session_ended");
    return c.json(ownUser(account), 200);
  });

  app.openapi(quota, async (c) => c.json(await quotaOf(signedIn(c)), 200));

  const profileOf = async (id: string): Promise<PublicUser> => {
    const found = await users.publicProfile(profileKey(id));
    if (!found) throw new Rejection("not_found", `No account ${JSON.stringify(id)}`);
    return found;
  };

  app.openapi(profile, async (c) => c.json(await profileOf(c.req.valid("param").id), 200));

  app.openapi(
    search,
    async (c) => c.json({ items: await users.search(c.req.valid("query").q, FOUND_MOST) }, 200),
  );

  app.openapi(tracksOf, async (c) => {
    const { id } = await profileOf(c.req.valid("param").id);
    const page = await tracks.list(c.get("viewer"), { ...c.req.valid("query"), creatorId: id });
    return c.json(await access.representAll(c.get("viewer"), page), 200);
  });

  return app;
}
