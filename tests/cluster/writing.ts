/** Writes to one counter through one node again and again, and remembers what was answered. */
import { isRejection } from "../../domain/errors.ts";
import type { CounterNode } from "./counters.ts";

/** One answer or refusal; `at` and `tookMs` in ms. */
export interface Written {
  readonly at: number;
  readonly tookMs: number;
  /** `ok`, or the code of the refusal. */
  readonly code: string;
}

export interface Writing {
  /** Word → total, of all that was answered. */
  readonly answered: Map<string, number>;
  readonly written: Written[];
  /** Resolves when one more was answered, with when, in ms of `performance.now()`. */
  next(): Promise<number>;
  stop(): Promise<void>;
}

let words = 0;

/** Begins: one call after the other, with `pauseMs` between them. */
export function writing(
  node: CounterNode,
  key: string,
  pauseMs = 20,
  deadlineMs?: number,
): Writing {
  const answered = new Map<string, number>();
  const written: Written[] = [];
  let going = true;
  let told = Promise.withResolvers<number>();
  const once = async () => {
    const word = `${node.name}-${++words}`;
    const began = performance.now();
    let code = "ok";
    try {
      answered.set(word, await node.ask("add", key, word, deadlineMs));
    } catch (error) {
      if (!isRejection(error)) throw error;
      code = error.code;
    }
    const at = performance.now();
    written.push({ at, tookMs: at - began, code });
    if (code !== "ok") return;
    told.resolve(at);
    told = Promise.withResolvers();
  };
  const loop = (async () => {
    while (going) {
      await once();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  return {
    answered,
    written,
    next: () => told.promise,
    async stop() {
      going = false;
      await loop;
    },
  };
}

/** The refusals among them, each code once. */
export const refusals = (written: readonly Written[]): string[] =>
  [...new Set(written.map(({ code }) => code))].filter((code) => code !== "ok").sort();
