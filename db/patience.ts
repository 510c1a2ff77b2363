/** Rides out a short outage of the database: what can be said again is, for five seconds (O8). */
import type postgres from "postgres";
import { codeOf, isAway, translate } from "./outages.ts";

/** Source: rule O8. In ms. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 100;

/**
 * Does `work` again while it fails in a way that `again` finds harmless to repeat.
 *
 * @throws {Rejection} `unavailable` after `patienceMs`; at once what cannot be repeated
 */
async function patiently<T>(
  work: () => Promise<T>,
  again: (error: unknown) => boolean,
  patienceMs: number,
): Promise<T> {
  const until = performance.now() + patienceMs;
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (!again(error)) throw error;
      if (performance.now() > until) throw translate(error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** A client that was ended does not come back. */
const ENDED: ReadonlySet<string> = new Set(["CONNECTION_ENDED", "CONNECTION_DESTROYED"]);

const wasAway = (error: unknown) => isAway(codeOf(error)) && !ENDED.has(codeOf(error) ?? "");
/** The connection ends with these, or has. */
const isGone = (error: unknown) =>
  isAway(codeOf(error)) && /^(CONNECTION_|E[A-Z]+$|57P0[12])/.test(codeOf(error) ?? "");

/** Does work on the database as it is, and may look how long it takes. */
export type Measure = <T>(kind: "statement" | "transaction", work: () => Promise<T>) => Promise<T>;
const unmeasured: Measure = (_kind, work) => work();

/** It only reads, or takes a lock that ended with its connection. */
const READS = /^\s*select\b/i;

/**
 * A statement, as the driver has it before it is awaited. Its `state` is null until it is written to a
 * connection; one that waited for a connection, and was refused with it, was never sent.
 */
type Query = Promise<unknown> & { execute(): Query; readonly state: unknown };
type Work = (tx: unknown) => unknown;
type Begin = (...words: [...options: unknown[], work: Work]) => Promise<unknown>;

/**
 * `sql` whose statements and transactions wait while the server is away: a transaction or a change
 * that surely was not sent, and whatever only reads. A change that was under way is not repeated, for
 * it may have been made; its caller gets the driver's error, which means `unavailable`.
 *
 * Inside a transaction nothing is repeated.
 */
export function patient<Types extends Record<string, unknown>>(
  sql: postgres.Sql<Types>,
  patienceMs = PATIENCE_MS,
  measure = unmeasured,
): postgres.Sql<Types> {
  const begin: Begin = (...words) => {
    const work = words.at(-1) as Work;
    let begun = false;
    const once = async (tx: unknown) => {
      begun = true;
      try {
        const made = work(tx);
        return await (Array.isArray(made) ? Promise.all(made) : made);
      } catch (error) {
        // the driver would say `rollback` to a socket that is no more, and break; it is about to
        // reject the whole anyway, for the connection ends
        if (isGone(error)) return await new Promise(() => {});
        throw error;
      }
    };
    const options = words.slice(0, -1);
    const attempt = () => (sql.begin as Begin)(...options, once);
    const isHarmless = (error: unknown) => !begun && wasAway(error);
    return measure("transaction", () => patiently(attempt, isHarmless, patienceMs));
  };
  const ask = (words: unknown[]): unknown => Reflect.apply(sql, undefined, words);
  return new Proxy(sql, {
    apply(_sql, _self, words: unknown[]) {
      const made = ask(words);
      if (!(made instanceof Promise)) return made; // a name, or a list of values
      const query = made as Query;
      const [text = ""] = words[0] as TemplateStringsArray;
      const reads = READS.test(text);
      let said: Query | undefined;
      let answer: Promise<unknown> | undefined;
      const say = () => {
        said = said === undefined ? query : ask(words) as Query;
        return answerOf(said);
      };
      const isHarmless = (error: unknown) => wasAway(error) && (reads || said?.state === null);
      // whoever awaits it calls this, and so do `catch` and `finally`; a part of another statement
      // is never awaited
      query.then = (...then) => {
        answer ??= measure("statement", () => patiently(say, isHarmless, patienceMs));
        return answer.then(...then);
      };
      return query;
    },
    get: (_sql, name) => name === "begin" ? begin : Reflect.get(sql, name),
  });
}

/** The driver's own answer, past the `then` that we gave the query. */
const answerOf = (query: Query): Promise<unknown> =>
  Promise.prototype.then.call(query.execute(), (rows) => rows);
