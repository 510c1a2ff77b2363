/** What tests change past the interface, as an administrator's task does. */
import { equal } from "node:assert/strict";
import { openDatabase, type Sql } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";
import type { Role } from "../../domain/auth.ts";
import { quiet } from "./database.ts";
import type { RunningNode } from "./node.ts";

/** Does something in the embedded database of a node that runs. */
export async function inDatabase(
  node: Pick<RunningNode, "dataDir">,
  work: (sql: Sql) => Promise<unknown>,
): Promise<void> {
  const config = { databaseUrl: undefined, dataDir: node.dataDir, dbPool: 1 };
  await using db = await openDatabase(config, quiet, { share: true });
  await work(db.sql);
}

/** Gives an account of a node these roles. */
export const setRoles = (
  node: Pick<RunningNode, "dataDir">,
  userId: string,
  roles: readonly Role[],
): Promise<void> =>
  inDatabase(node, async (sql) => equal(await userStore(sql).setRoles(userId, roles), true));
