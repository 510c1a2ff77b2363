/** What a node has asked over NATS and is not answered yet, each under a word of its own inbox. */
import type { Msg } from "@nats-io/transport-node";
import { Rejection, type SerialisedRejection } from "../../domain/errors.ts";
import type { Clock } from "./clock.ts";
import { Deadlines, type Expiring } from "./deadlines.ts";

/** What NATS says to a request that nobody listens to. */
const NO_RESPONDERS = 503;

/** One request that was sent. */
export interface Question {
  readonly subject: string;
  /** ms, by the clock of the bus */
  readonly deadline: number;
  readonly resolve: (data: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** In place of the package's own requests, which set a timer and make an error for each. */
export class Asked implements Expiring {
  /** How the subjects of all replies begin; a word follows. */
  readonly inbox: string;
  readonly #deadlines: Deadlines;
  /** By the subject of the reply. */
  readonly #open = new Map<string, Question>();
  #count = 0;

  /** @param prefix of the inboxes of this connection; it may be the one that only its user may hear */
  constructor(clock: Clock, prefix: string) {
    this.inbox = `${prefix}.${crypto.randomUUID()}.`;
    this.#deadlines = new Deadlines(clock);
  }

  /** Waits for an answer; the subject to which it is to come. */
  ask(question: Question): string {
    const reply = this.inbox + (this.#count++).toString(36);
    this.#open.set(reply, question);
    this.#deadlines.watch(this);
    return reply;
  }

  /** Does not wait for it any more. */
  forget(reply: string): void {
    this.#open.delete(reply);
  }

  /** Takes what came to the inbox. */
  answered({ subject, data, headers }: Msg): void {
    const question = this.#open.get(subject);
    if (question === undefined) return; // its deadline has passed
    this.#open.delete(subject);
    if (headers === undefined) question.resolve(data);
    else if (headers.code === NO_RESPONDERS) {
      question.reject(new Rejection("unavailable", `Nobody serves ${question.subject}`));
    } else question.reject(Rejection.from(JSON.parse(decoder.decode(data)) as SerialisedRejection));
  }

  expire(now: number): boolean {
    for (const [reply, { deadline, reject }] of this.#open) {
      if (now < deadline) continue;
      this.#open.delete(reply);
      reject(new Rejection("timeout"));
    }
    return this.#open.size > 0;
  }

  /** No answer will come: refuses all with `timeout`, for their outcome is unknown. */
  lose(why: string): void {
    for (const { reject } of this.#open.values()) reject(new Rejection("timeout", why));
    this.#open.clear();
  }

  /** Watches no deadlines any more. */
  close(): void {
    this.#deadlines.close();
  }
}

const decoder = new TextDecoder();
