/** Who asks, and how often: the accounts, sessions, tokens and limits of a node. */
import type { Config } from "../config.ts";
import { sessionStore } from "../db/sessions.ts";
import { userStore } from "../db/users.ts";
import type { Sql } from "../db/open.ts";
import { limitRules } from "../domain/limits.ts";
import type { RegistrationMode } from "../domain/site_settings.ts";
import { accountService } from "../services/accounts.ts";
import { jwtKey } from "../services/keys.ts";
import { memoryLimiter } from "../services/limits.ts";
import { passwordService } from "../services/passwords.ts";
import { sessionLookup } from "../services/sessions.ts";
import { tokenService } from "../services/tokens.ts";

/** Disposing ends the threads that hash passwords. */
export async function accountsOf({ config, sql, publicUrl, registration }: {
  config: Config;
  sql: Sql;
  /** As it is told to clients, with the port that was found. */
  publicUrl: string;
  /** Who may join now. */
  registration: () => RegistrationMode;
}) {
  const { dataDir, jwtAlg: algorithm } = config;
  const pem = await jwtKey({ configured: config.jwtPrivateKey, algorithm, dataDir });
  const tokens = await tokenService({ pem, algorithm, issuer: publicUrl });
  const users = userStore(sql);
  const store = sessionStore(sql);
  const passwords = passwordService();
  return {
    users,
    store,
    passwords,
    tokens,
    sessions: sessionLookup(store),
    accounts: accountService({
      users,
      sessions: store,
      passwords,
      tokens,
      registration,
    }),
    limiter: memoryLimiter(limitRules(config.rateLimits)),
    [Symbol.dispose]: () => passwords[Symbol.dispose](),
  };
}
