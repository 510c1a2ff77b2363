/** `/api/v1/users/me/settings`: what an account chooses for itself (S4). */
import { z } from "zod";
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { UserStore } from "../db/users.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";

const Settings = z.object({
  creator: z.boolean().meta({ description: "Whether one may go live and sell" }),
}).meta({ id: "MySettings" });
const SettingsPatch = z.strictObject({ creator: z.boolean().optional() });

const get = endpoint({
  method: "get",
  path: "/users/me/settings",
  tags: ["users"],
  operationId: "getMySettings",
  summary: "What one has chosen for one's account",
  description: "What is not chosen has its default.",
  permission: "account:own",
  responses: { 200: json(Settings, "The settings") },
});

const put = endpoint({
  method: "put",
  path: "/users/me/settings",
  tags: ["users"],
  operationId: "setMySettings",
  summary: "Choose for one's account",
  description: "Fields that are left out stay as they are. It counts at once.",
  permission: "account:own",
  request: { body: body(SettingsPatch) },
  responses: { 200: json(Settings, "The settings as they are now") },
});

const settingsOf = (roles: readonly Role[]) => ({ creator: roles.includes("creator") });

export function mySettings(
  { users, sessions }: {
    users: Pick<UserStore, "byId" | "setRole">;
    /** Makes new roles count at once on this node. */
    sessions: { forget(of: { userId: string }): void };
  },
) {
  const app = routes();
  const there = (roles: readonly Role[] | null | undefined): readonly Role[] => {
    if (!roles) throw new Rejection("session_ended");
    return roles;
  };
  const rolesOf = async (userId: string) => there((await users.byId(userId))?.roles);

  app.openapi(get, async (c) => c.json(settingsOf(await rolesOf(signedIn(c).userId)), 200));

  app.openapi(put, async (c) => {
    const { userId } = signedIn(c);
    const { creator } = c.req.valid("json");
    if (creator === undefined) return c.json(settingsOf(await rolesOf(userId)), 200);
    // the others are left to whoever gives and takes them: an administrator may do so just now
    const roles = there(await users.setRole(userId, "creator", creator));
    sessions.forget({ userId });
    return c.json(settingsOf(roles), 200);
  });

  return app;
}
