/**
 * How what waits in the outbox is sent: in each room one after the other, again where no answer
 * comes or a refusal passes, and never under another `client_id` (C4).
 */
import { ERRORS } from "../../domain/errors.ts";
import type { ChatEvent } from "./events.ts";
import { isError, type Line } from "./line.ts";
import type { Outbox, Waiting } from "./outbox.ts";
import type { WireError } from "./wire.ts";

/** A message without an answer is sent again after this, in ms. */
const ANSWER_MS = 10_000;
/** Refusals that end by themselves within this are waited for, in ms. */
const WAIT_MOST_MS = 30_000;
/** Tries after refusals of that kind. */
const TRIES_MOST = 8;

export function sending({ outbox, line, seqOf, now, on }: {
  outbox: Outbox;
  line: Pick<Line, "isOpen" | "ask" | "forget" | "later" | "backOff">;
  /** How far a room's log is known here; null: the room is not followed. */
  seqOf: (roomId: string) => number | null;
  now: () => number;
  on: (event: ChatEvent) => void;
}) {
  /** How often each message was refused in a way that passes. */
  const tries = new Map<string, number>();

  const mark = (clientId: string, standing: Waiting["standing"]) => {
    const one = outbox.get(clientId);
    if (one && outbox.mark(clientId, standing)) on({ kind: "outbox", roomId: one.roomId });
  };
  /** Sends what is next in a room: one at a time, so that one's messages keep their order. */
  const sendNext = (roomId: string) => {
    const one = outbox.next(roomId);
    if (!one || !line.isOpen()) return;
    const { clientId, content, replyTo = null, metadata = {} } = one;
    mark(clientId, { kind: "sending" });
    const data = {
      room_id: roomId,
      client_id: clientId,
      content,
      message_type: "text",
      reply_to: replyTo,
      thread_id: null,
      metadata,
    };
    const timestamp = new Date(now()).toISOString();
    const request = line.ask({ type: "message", action: "send", data, timestamp }, (said) => {
      callOff();
      if (said && isError(said)) refused(one, said);
    });
    const callOff = line.later(ANSWER_MS, () => {
      if (!line.forget(request) || outbox.get(clientId)?.standing.kind !== "sending") return;
      mark(clientId, { kind: "waiting" });
      sendNext(roomId);
    });
  };
  const refused = ({ clientId, roomId }: Waiting, { code, message, retry_after_ms }: WireError) => {
    const count = (tries.get(clientId) ?? 0) + 1;
    tries.set(clientId, count);
    const wait = retry_after_ms ?? (code === "muted" ? Infinity : line.backOff(count));
    if (ERRORS[code].retry === "no" || wait > WAIT_MOST_MS || count > TRIES_MOST) {
      tries.delete(clientId);
      mark(clientId, { kind: "failed", code, message });
      return sendNext(roomId);
    }
    line.later(wait, () => {
      mark(clientId, { kind: "waiting" });
      sendNext(roomId);
    });
  };
  /** It is in the log, at `seq`. */
  const answered = (roomId: string, clientId: string, seq: number) => {
    tries.delete(clientId);
    const known = seqOf(roomId);
    if (known !== null && seq > known) mark(clientId, { kind: "sent", seq });
    else if (outbox.remove(clientId)) on({ kind: "outbox", roomId });
    sendNext(roomId);
  };

  return { mark, sendNext, answered };
}
