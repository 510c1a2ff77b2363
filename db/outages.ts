/** What errors of the database mean to callers (O8). */
import { Rejection } from "../domain/errors.ts";

/** Codes of the driver and the system that mean "no database there now". */
const AWAY = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN"],
  // admin shutdown, crash, starting up, too many connections, read-only after a failover
  ...["57P01", "57P02", "57P03", "53300", "25006"],
]);

/** Whether the database is not there now; what was under way may have been done or not. */
export const isAway = (code: string | undefined): boolean =>
  code !== undefined && (AWAY.has(code) || code === "ENOENT" || code.startsWith("08"));

/** The code of an error of the driver, the server or the system, where it tells of the database. */
export const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  // a missing socket file is an outage; any other missing file is not ours to explain
  if (error.code === "ENOENT" && (!("syscall" in error) || error.syscall !== "connect")) return;
  return typeof error.code === "string" ? error.code : undefined;
};

/**
 * What an error of the database means to a caller: an outage, overload or full disk becomes a
 * {@linkcode Rejection}; anything else is returned as it was.
 */
export function translate(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const become = (...[to, detail]: ConstructorParameters<typeof Rejection>) =>
    Object.assign(new Rejection(to, detail), { cause: error });
  if (isAway(code)) {
    return become("unavailable", "The database does not answer; try again in a moment");
  }
  if (code === "57014") return become("timeout", "The database took too long");
  if (code === "40001" || code === "40P01") return become("busy", "Two changes met; try again");
  if (code === "53100") return become("disk_full");
  if (code === "22021" || code === "22P05") return become("invalid", "Text may not contain NUL");
  if (code === "22P02") return become("not_found", "An id of this form is nobody's");
  return error;
}
