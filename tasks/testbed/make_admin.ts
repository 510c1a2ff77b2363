/** The administrator of a testbed. */
import type { Sql } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";

export interface Admin {
  readonly login: string;
  readonly password: string;
  readonly accessToken: string;
}

const ADMIN = { email: "admin@example.org", username: "testbed_admin" };

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${url} says ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Registers an account at the node, makes it an administrator, and signs it in with that role. */
export async function makeAdmin(url: string, connect: () => Sql): Promise<Admin> {
  const password = crypto.randomUUID();
  const api = `${url}/api/v1/auth`;
  const { user } = await post(`${api}/register`, { ...ADMIN, password });
  const sql = connect();
  try {
    await userStore(sql).setRoles((user as { id: string }).id, ["admin"]);
  } finally {
    await sql.end({ timeout: 1 });
  }
  const login = ADMIN.email;
  const { accessToken } = await post(`${api}/login`, { login, password });
  return { login, password, accessToken: String(accessToken) };
}
