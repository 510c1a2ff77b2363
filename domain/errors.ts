/**
 * The one table of errors: what each code means over HTTP, on a socket, and whether to try again.
 *
 * An expected refusal anywhere in Veza is a {@linkcode Rejection} with a code from this table.
 * Everything else that is thrown is a defect or an outage, and is loud.
 */

import type { Fault } from "./field_faults.ts";

/** How a client should go on after an error. */
export type Retry = "no" | "later" | "reconnect";

/** A row of the table. `status` is the HTTP status, `close` the WebSocket close code. */
export interface ErrorRow {
  readonly status: number;
  readonly close: number;
  readonly retry: Retry;
  readonly title: string;
}

const row = (status: number, close: number, retry: Retry, title: string): ErrorRow => ({
  status,
  close,
  retry,
  title,
});

/** Every error code a client can meet. Codes are part of the contract: add, never rename. */
export const ERRORS = {
  // the request
  bad_request: row(400, 1008, "no", "The request could not be read"),
  invalid: row(422, 1008, "no", "Some fields are not as they should be"),
  unsupported_type: row(415, 1003, "no", "This content type is not taken here"),
  too_large: row(413, 1009, "no", "Too large"),
  not_found: row(404, 1008, "no", "Not found"),
  method_not_allowed: row(405, 1008, "no", "This method is not offered here"),
  tus_version: row(412, 1008, "no", "This version of tus is not spoken here"),
  conflict: row(409, 1008, "no", "It conflicts with what is there"),
  range_not_satisfiable: row(416, 1008, "no", "The range lies outside the file"),
  // who asks
  unauthenticated: row(401, 1008, "no", "Sign in first"),
  bad_credentials: row(401, 1008, "no", "Login or password is wrong"),
  session_ended: row(401, 1008, "no", "This session has ended"),
  forbidden: row(403, 1008, "no", "Not allowed"),
  bad_origin: row(403, 1008, "no", "The request comes from another site"),
  link_expired: row(403, 1008, "no", "This address has ended"),
  approval_pending: row(403, 1008, "no", "Your account waits for an administrator's approval"),
  banned: row(403, 1008, "no", "This account is banned"),
  registration_closed: row(403, 1008, "no", "Registration is not open"),
  invite_needed: row(403, 1008, "no", "An invitation is needed"),
  invite_ended: row(403, 1008, "no", "This invitation does not count, or no longer"),
  rate_limited: row(429, 1008, "later", "Too many requests"),
  // accounts
  email_taken: row(409, 1008, "no", "This e-mail address has an account"),
  username_taken: row(409, 1008, "no", "This username is taken"),
  wrong_password: row(403, 1008, "no", "The current password is wrong"),
  weak_password: row(422, 1008, "no", "This password is too easy to guess"),
  // rooms
  client_id_conflict: row(409, 1008, "no", "This client_id names another message"),
  not_joined: row(409, 1008, "no", "Join the room first"),
  too_many_rooms: row(409, 1008, "no", "This connection is in too many rooms"),
  removed: row(403, 1008, "no", "You are no longer in this room"),
  room_banned: row(403, 1008, "no", "You are banned from this room"),
  muted: row(403, 1008, "later", "You may not write here for now"),
  slow_mode: row(429, 1008, "later", "This room takes a message now and then"),
  blocked_word: row(422, 1008, "no", "This room does not take one of these words"),
  // live streams
  stream_ended: row(409, 1008, "no", "This stream has ended"),
  handed_over: row(409, 1008, "no", "Another host has taken over"),
  slow_reader: row(503, 1013, "later", "Too much is left unread"),
  // files
  empty_file: row(422, 1008, "no", "The file is empty"),
  not_audio: row(415, 1003, "no", "This is not audio that can be played"),
  drm_protected: row(422, 1008, "no", "The file is copy-protected"),
  corrupt: row(422, 1008, "no", "The file is damaged"),
  infected: row(422, 1008, "no", "The file carries something harmful"),
  bad_image: row(422, 1008, "no", "This picture cannot be used"),
  too_long: row(422, 1009, "no", "The recording is too long"),
  quota_exceeded: row(413, 1009, "no", "Your storage is full"),
  upload_interrupted: row(400, 1001, "later", "The upload broke off"),
  checksum_mismatch: row(460, 1008, "later", "The bytes do not match their checksum"),
  processing_failed: row(500, 1011, "later", "The file could not be processed"),
  cancelled: row(409, 1008, "no", "It was cancelled"),
  unsafe_media: row(503, 1013, "no", "This server cannot take uploads safely"),
  disk_full: row(507, 1013, "later", "The server has no space left"),
  // the runtime
  busy: row(503, 1013, "later", "Too much is waiting"),
  timeout: row(504, 1013, "later", "No answer in time; the outcome is unknown"),
  crashed: row(503, 1011, "later", "It failed and is being restarted"),
  moved: row(503, 1012, "reconnect", "It is moving to another node"),
  fenced: row(503, 1012, "reconnect", "Another node has taken over"),
  ring: row(500, 1011, "no", "These wait for each other in a ring"),
  unavailable: row(503, 1013, "later", "A part of the service does not answer"),
  degraded: row(503, 1012, "reconnect", "This node does not reach the others"),
  shutting_down: row(503, 1012, "reconnect", "The node is stopping"),
  internal: row(500, 1011, "later", "Something failed here"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** One field that was not as it should be: `path` as `a.b[0]`, `message` in plain words. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  /** What a page says it from, in its own language; programs are not sent it. */
  readonly fault?: Fault;
}

/** What a rejection may carry beside its code and detail. `retryAfterMs` in milliseconds. */
export interface RejectionExtra {
  readonly retryAfterMs?: number;
  readonly errors?: readonly FieldError[];
}

/**
 * An expected refusal: the caller asked for something that cannot be, and the world is unchanged.
 *
 * @example
 * ```ts
 * throw new Rejection("too_large", "The file has 3.1 GB; at most 2 GB are taken");
 * ```
 */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly retryAfterMs: number | undefined;
  readonly errors: readonly FieldError[] | undefined;

  constructor(readonly code: ErrorCode, detail?: string, extra: RejectionExtra = {}) {
    super(detail ?? ERRORS[code].title);
    this.retryAfterMs = extra.retryAfterMs;
    this.errors = extra.errors;
  }

  /** Plain data, to cross a process border; {@linkcode Rejection.from} is its inverse. */
  toJSON(): SerialisedRejection {
    return {
      code: this.code,
      detail: this.message,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.errors && { errors: this.errors }),
    };
  }

  static from(data: SerialisedRejection): Rejection {
    return new Rejection(data.code, data.detail, data);
  }
}

/** A rejection as plain data. */
export interface SerialisedRejection extends RejectionExtra {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Whether `error` is a refusal with this code. */
export function isRejection(error: unknown, code?: ErrorCode): error is Rejection {
  return error instanceof Rejection && (code === undefined || error.code === code);
}
