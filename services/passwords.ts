/** Passwords: which are taken, how they are hashed (argon2id in a Worker), how they are checked. */
import { Rejection } from "../domain/errors.ts";
import type { PasswordAnswer, PasswordJob } from "./passwords_worker.ts";

/** The list is loaded when the first password is chosen: it takes 20 MB, and few nodes need it. */
let common: Promise<ReadonlySet<string>> | undefined;
const commonPasswords = () =>
  common ??= import("@zxcvbn-ts/language-common")
    .then(({ dictionary }) => new Set(dictionary["passwords-common"]));
/** What every hash made here starts with; another start means other parameters. */
const CURRENT = "$argon2id$v=19$m=19456,t=2,p=1$";
/** A hash of a password that nobody has, to take as long as a real one. */
const DECOY = `${CURRENT}Su7Qp9wg6qY5Vm/QVTQNAw$LEBn+6gAzT2aSeIOv04jOzuO3/JiiOTU80u9Hhw/yII`;
/** More waiting than this is an attack or a stampede; each takes about 40 ms of a core. */
const MOST_WAITING = 50;

export interface Passwords extends Disposable {
  /** @throws {Rejection} `busy` when too many wait */
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
  /** Takes as long as a check against a real hash, so that unknown logins cannot be told apart. */
  verifyNothing(password: string): Promise<false>;
  isOutdated(hash: string): boolean;
}

/** @throws {Rejection} `weak_password` when the password is common or the account's own name */
export async function demandStrong(
  password: string,
  account: { email: string; username: string },
  field = "password",
): Promise<void> {
  const lower = password.toLowerCase();
  const names = [account.email, account.username, account.email.split("@")[0] ?? ""];
  const reason = (await commonPasswords()).has(lower)
    ? "is on the list of common passwords"
    : new Set(lower).size < 3
    ? "repeats the same characters"
    : names.some((name) => name.toLowerCase() === lower)
    ? "is your own name"
    : null;
  if (reason) {
    throw new Rejection("weak_password", undefined, {
      errors: [{ path: field, message: reason }],
    });
  }
}

/** Starts the Worker at first use. */
export function passwordService(): Passwords {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<
    number,
    { resolve(value: string | boolean): void; reject(e: Error): void }
  >();

  const start = (): Worker => {
    const started = new Worker(new URL("./passwords_worker.ts", import.meta.url), {
      type: "module",
    });
    started.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data.value);
    };
    started.onerror = (event) => {
      event.preventDefault();
      worker = undefined; // the next call starts another
      for (const { reject } of waiting.values()) reject(new Error(`Worker: ${event.message}`));
      waiting.clear();
    };
    return started;
  };

  const ask = <T extends string | boolean>(
    job: { kind: "hash"; password: string } | { kind: "verify"; password: string; hash: string },
  ) => {
    if (waiting.size >= MOST_WAITING) {
      return Promise.reject(new Rejection("busy", undefined, { retryAfterMs: 2_000 }));
    }
    worker ??= start();
    const id = next++;
    const { promise, resolve, reject } = Promise.withResolvers<string | boolean>();
    waiting.set(id, { resolve, reject });
    worker.postMessage({ ...job, id } satisfies PasswordJob);
    return promise as Promise<T>;
  };

  const hash = (password: string) => ask<string>({ kind: "hash", password });
  const verify = (password: string, against: string) =>
    ask<boolean>({ kind: "verify", password, hash: against });

  return {
    hash,
    verify,
    async verifyNothing(password) {
      await verify(password, DECOY);
      return false;
    },
    isOutdated: (of) => !of.startsWith(CURRENT),
    [Symbol.dispose]() {
      worker?.terminate();
      for (const { reject } of waiting.values()) reject(new Rejection("shutting_down"));
      waiting.clear();
    },
  };
}
