/** Hashes and checks passwords beside the event loop; asked by `passwords.ts`. */
/// <reference lib="deno.worker" />
import { argon2id, argon2Verify } from "hash-wasm";

/** Argon2id parameters. Source: OWASP Password Storage Cheat Sheet (19 MiB, t = 2, p = 1). */
const PARAMETERS = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 };

export type PasswordJob =
  | { readonly id: number; readonly kind: "hash"; readonly password: string }
  | {
    readonly id: number;
    readonly kind: "verify";
    readonly password: string;
    readonly hash: string;
  };
export type PasswordAnswer =
  & { readonly id: number }
  & ({ value: string | boolean } | { error: string });

const run = (job: PasswordJob): Promise<string | boolean> =>
  job.kind === "verify" ? argon2Verify({ password: job.password, hash: job.hash }) : argon2id({
    ...PARAMETERS,
    password: job.password,
    salt: crypto.getRandomValues(new Uint8Array(16)),
    outputType: "encoded",
  });

async function answer(job: PasswordJob): Promise<void> {
  try {
    self.postMessage({ id: job.id, value: await run(job) } satisfies PasswordAnswer);
  } catch (error) {
    self.postMessage({ id: job.id, error: String(error) } satisfies PasswordAnswer);
  }
}

let last = Promise.resolve();
// one after the other: each holds 19 MiB while it runs
self.onmessage = ({ data }: MessageEvent<PasswordJob>) => {
  last = last.then(() => answer(data));
};
