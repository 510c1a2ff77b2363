/** When a stream that is announced may begin (L8). */
import { Rejection } from "./errors.ts";

/** So far back a begin may lie, in ms: clocks differ, and a form takes a while. */
const LATE_MS = 5 * 60_000;

/** Whether a begin, in ISO 8601, lies too far back at `now` (ms since 1970); null announces nothing. */
export const hasPassed = (scheduledAt: string | null, now: number): boolean =>
  scheduledAt !== null && Date.parse(scheduledAt) < now - LATE_MS;

/**
 * Whether that begin may be announced at `now`.
 *
 * @throws {Rejection} `invalid`
 */
export function demandBegin(scheduledAt: string | null, now: number): void {
  if (!hasPassed(scheduledAt, now)) return;
  throw new Rejection("invalid", `The begin, ${scheduledAt}, has passed`, {
    errors: [{ path: "scheduledAt", message: "has passed" }],
  });
}
