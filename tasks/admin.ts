/** `deno task admin`: makes administrators, sets roles and passwords, beside a running node or without one. */
import { ConfigError, readConfig } from "../config.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { translate } from "../db/outages.ts";
import { type UserStore, userStore } from "../db/users.ts";
import { Email, Password, PASSWORD_MAX, PASSWORD_MIN, Role, Username } from "../domain/auth.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Account } from "../domain/users.ts";
import { newId } from "../services/ids.ts";
import { demandStrong, passwordService } from "../services/passwords.ts";
import { newSecret } from "../services/secrets.ts";
import { readWords, refuse, UsageError } from "./args.ts";

/** What may be given to a person; a guest is nobody. */
const GivenRole = Role.exclude(["guest"]);

const HELP = `Makes administrators, sets roles and passwords.

  deno task admin create LOGIN      an administrator: a new account, or one that is there
  deno task admin roles LOGIN ROLE… replaces an account's roles
  deno task admin password LOGIN    replaces an account's password, and ends its sessions
  deno task admin show LOGIN        an account and its roles

  --email ADDRESS    of a new account; default: LOGIN@localhost.invalid
  --password-stdin   reads the new password from standard input; without it a
                     password is made, and printed once
  -h, --help         this

LOGIN is a username or an e-mail address. Roles: ${GivenRole.options.join(", ")}.
`;

/** The password of the first line of standard input. */
async function passwordFromStdin(): Promise<string> {
  const [line = ""] = (await new Response(Deno.stdin.readable).text()).split(/\r?\n/);
  return line;
}

/** The hash of a new password, and what is to be said of it: one that was made is shown. */
async function newPassword(stdin: boolean, person: { email: string; username: string }) {
  const made = stdin ? null : newSecret();
  const password = made ?? wanted(
    Password.safeParse(await passwordFromStdin()),
    `The password takes ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`,
  );
  await demandStrong(password, person);
  using passwords = passwordService();
  const passwordHash = await passwords.hash(password);
  return { passwordHash, said: made === null ? "" : `. Password, shown only now: ${made}` };
}

/** What was read; else `otherwise` says what is wanted. */
function wanted<T>(parsed: { success: true; data: T } | { success: false }, otherwise: string): T {
  if (parsed.success) return parsed.data;
  throw new UsageError(otherwise);
}

const describe = ({ username, email, roles, status }: Account) =>
  `${username} <${email}> ${roles.join(", ")}${status === "active" ? "" : ` (${status})`}`;

async function create(
  users: UserStore,
  login: string,
  options: { email?: string | undefined; stdin: boolean },
): Promise<string> {
  const known = await users.byLogin(login);
  if (known) {
    await users.letIn(known.id); // where accounts wait, nobody else could let the first one in
    await users.setRoles(known.id, [...new Set<Role>([...known.roles, "admin"])]);
    return `${known.username} is an administrator now`;
  }
  const username = wanted(
    Username.safeParse(login),
    `No account "${login}", and no name for a new one: a username takes 3 to 30 letters, digits, ` +
      "_ or -, and starts with a letter",
  );
  const address = options.email ?? `${login}@localhost.invalid`;
  const email = wanted(Email.safeParse(address), `"${address}" is no e-mail address`);
  const { passwordHash, said } = await newPassword(options.stdin, { email, username });
  const account = await users.create({
    id: newId(),
    email,
    username,
    displayName: username,
    passwordHash,
    status: "active",
  });
  await users.setRoles(account.id, ["user", "admin"]);
  return `${username} is an administrator${said}`;
}

async function main(): Promise<string> {
  const { values, positionals: [act, login, ...rest] } = readWords(HELP, {
    email: { type: "string" },
    "password-stdin": { type: "boolean", default: false },
  });
  if (act === undefined) return HELP;
  if (!["create", "roles", "password", "show"].includes(act)) {
    throw new UsageError(`"${act}" is nothing here`);
  }
  if (login === undefined) throw new UsageError(`${act} wants the login of an account`);
  if (act !== "roles" && rest.length > 0) throw new UsageError(`Not understood: ${rest.join(" ")}`);
  const there = `there are ${GivenRole.options.join(", ")}`;
  const roles = rest.map((role) =>
    wanted(GivenRole.safeParse(role), `"${role}" is no role: ${there}`)
  );
  if (act === "roles" && roles.length === 0) {
    throw new UsageError(`roles wants at least one role: ${there}`);
  }

  const quiet = { info() {}, warn: console.error, error: console.error };
  const config = readConfig();
  await using database = await openDatabase(config, quiet, { share: true });
  if (config.migrate) await migrate(database.sql, undefined, quiet);
  const users = userStore(database.sql);
  const stdin = values["password-stdin"];
  if (act === "create") return await create(users, login, { email: values.email, stdin });
  const account = await users.byLogin(login);
  if (!account) throw new Rejection("not_found", `No account "${login}"`);
  if (act === "show") return describe(account);
  if (act === "password") {
    const { passwordHash, said } = await newPassword(stdin, account);
    await users.changePassword(account.id, passwordHash);
    return `${account.username} has a new password, and no sessions any more${said}`;
  }
  await users.setRoles(account.id, [...new Set(roles)]);
  return describe({ ...account, roles });
}

if (import.meta.main) {
  try {
    console.log((await main()).trimEnd());
  } catch (thrown) {
    const error = translate(thrown);
    if (error instanceof UsageError) refuse(HELP, error.message);
    const isUsage = error instanceof ConfigError;
    if (!isUsage && !isRejection(error)) throw thrown;
    const named = isRejection(error)
      ? error.errors?.map(({ path, message }) => `${path} ${message}`)
      : [];
    console.error([error.message, ...named ?? []].join(": "));
    Deno.exit(isUsage ? 2 : 1);
  }
  Deno.exit(0);
}
