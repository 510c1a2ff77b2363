/** Accounts of tests, changed past the interface as an administrator's task does. */
import { equal } from "node:assert/strict";
import { openDatabase } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";
import type { Role } from "../../domain/auth.ts";
import { quiet } from "./database.ts";
import type { RunningNode } from "./node.ts";

/** Gives an account of a node these roles. */
export async function setRoles(
  node: Pick<RunningNode, "dataDir">,
  userId: string,
  roles: readonly Role[],
): Promise<void> {
  const config = { databaseUrl: undefined, dataDir: node.dataDir, dbPool: 1 };
  await using db = await openDatabase(config, quiet, { share: true });
  equal(await userStore(db.sql).setRoles(userId, roles), true);
}
