/** Tests of who may do what in the database: roles that several change at once, and who is active. */
import { deepEqual, equal } from "node:assert/strict";
import { userStore } from "../../db/users.ts";
import type { Role } from "../../domain/auth.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";

Deno.test("[S4] who toggles a role of their own brings back none that is taken at that moment", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const users = userStore(sql);
  const id = newId();
  await sql`
    insert into users (id, username, email, display_name, password_hash, status, roles)
    values (${id}, 'anna1', 'a@example.org', 'Anna', 'x', 'active', '{user,moderator}')`;
  let toggled: Promise<readonly Role[] | null> | undefined;
  await sql.begin(async (tx) => {
    await tx`update users set roles = '{user}' where id = ${id}`;
    toggled = users.setRole(id, "creator", true); // waits for what is done here
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  deepEqual(await toggled, ["user", "creator"]);
  deepEqual(await users.setRole(id, "creator", true), ["user", "creator"], "once is enough");
  deepEqual(await users.setRole(id, "creator", false), ["user"]);
  deepEqual((await users.byId(id))?.roles, ["user"]);
  equal(await users.setRole(newId(), "creator", true), null);
});

Deno.test("[S4] nobody acts for an account that is banned, or waits to be let in", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const users = userStore(sql);
  const id = newId();
  await sql`
    insert into users (id, username, email, display_name, password_hash, status)
    values (${id}, 'anna1', 'a@example.org', 'Anna', 'x', 'active')`;
  equal((await users.activeById(id))?.username, "anna1");
  for (const status of ["banned", "pending"]) {
    await sql`update users set status = ${status} where id = ${id}`;
    equal(await users.activeById(id), null, status);
  }
  equal(await users.activeById(newId()), null);
});
