/** A chat client as the protocol wants it, and a witness of what it is told: a model test drives it. */
import type { Person } from "../../domain/chat.ts";
import { ERRORS } from "../../domain/errors.ts";
import type { chatSession } from "../../routes/sockets/chat_session.ts";
import type { Connection } from "../../routes/sockets/connection.ts";
import type { Said } from "./sockets.ts";

/** What a rule forbids, as soon as it is seen. */
export class Broken extends Error {}

interface Sent {
  readonly clientId: string;
  readonly content: string;
  acked: boolean;
}

/** Throws `Broken` from `hear` at the first thing that a rule forbids. */
export class Witness {
  readonly person: Person;
  /** The log as this client has it, from its first entry on. */
  entries: Said[] = [];
  readonly outbox: Sent[] = [];
  line: { connection: Connection; session: ReturnType<typeof chatSession> } | null = null;
  #wantsRoom = true;
  /** It has been told `joined` on this connection, and not left. */
  #inRoom = false;
  /** `request_id` → what it asked; gone when it is answered. */
  #asked = new Map<string, Sent | null>();
  #requests = 0;
  /** Of several joins and leaves under way, the last counts. */
  #lastOfRoom = "";

  constructor(readonly number: number, readonly roomId: string) {
    this.person = { id: `person-${number}`, name: `Person ${number}`, moderator: number === 0 };
  }

  get last(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  send(content: string): void {
    const sent = {
      clientId: `019a0000-0000-7000-8000-0000${this.number}${
        String(this.outbox.length).padStart(7, "0")
      }`,
      content,
      acked: false,
    };
    this.outbox.push(sent);
    this.post(sent);
  }

  post(sent: Sent): void {
    const { clientId: client_id, content } = sent;
    this.ask("message", "send", { client_id, content }, sent);
  }

  resend(): void {
    for (const sent of this.outbox) if (!sent.acked) this.post(sent);
  }

  ask(type: string, action: string, data: object, of: Sent | null = null): void {
    if (!this.line) return;
    const request_id = `${this.number}-${++this.#requests}`;
    this.#asked.set(request_id, of);
    if (type === "room") this.#lastOfRoom = request_id;
    const frame = { type, action, data: { room_id: this.roomId, ...data }, request_id };
    this.line.session.line(JSON.stringify(frame));
  }

  connect(open: (witness: Witness) => NonNullable<Witness["line"]>): void {
    this.cut();
    this.line = open(this);
    this.join();
    this.resend();
  }

  join(): void {
    this.#wantsRoom = true;
    this.ask("room", "join", this.entries.length ? { since: { gen: 1, seq: this.last } } : {});
  }

  leave(): void {
    this.#wantsRoom = false;
    this.ask("room", "leave", {});
  }

  cut(): void {
    this.line?.session.end();
    this.line = null;
    this.#inRoom = false;
    this.#asked.clear();
  }

  /** What it does when it is told nothing for a while: asks again for what was refused. */
  nudge(): void {
    if (!this.#inRoom || !this.#wantsRoom) this.join();
    this.resend();
  }

  get unanswered(): string[] {
    return [...this.#asked.keys()];
  }

  hear(text: string): void {
    for (const line of text.split("\n")) this.#hear(JSON.parse(line));
  }

  #hear(said: Said): void {
    const { type, action, data, request_id } = said;
    if (request_id !== undefined) {
      if (!this.#asked.has(request_id)) {
        throw new Broken(`Two answers to ${request_id}: ${JSON.stringify(said)}`);
      }
      const of = this.#asked.get(request_id);
      this.#asked.delete(request_id);
      if (type === "error") {
        // who is refused is not in the room, also if it was before
        if (request_id === this.#lastOfRoom) this.#inRoom = false;
        if (ERRORS[data.code as keyof typeof ERRORS].retry === "no" && of) {
          throw new Broken(`A message was refused for good: ${JSON.stringify(said)}`);
        }
        return;
      }
      if (of) {
        if (data.client_id !== of.clientId || data.content !== of.content) {
          throw new Broken(`${request_id} was answered with another message`);
        }
        of.acked = true;
      }
    }
    if (type === "room" && action === "joined") return this.#joined(data);
    if (type === "room" && action === "left") this.#inRoom = false;
    if (type !== "message" || data.duplicate || data.unchanged) return;
    if (!this.#inRoom) {
      // the answer to who is not in the room: it tells of one entry, and not of its place
      if (request_id === undefined) {
        throw new Broken(`Told outside of the room: ${JSON.stringify(said)}`);
      }
      return;
    }
    if (data.seq !== this.last + 1) {
      throw new Broken(
        `Client ${this.number} has ${this.last} and was told ${JSON.stringify(said)}`,
      );
    }
    const { room_id: _room, duplicate: _duplicate, ...flat } = data;
    this.entries.push({ type, action, ...flat });
  }

  #joined(data: Said): void {
    const { messages, recovered } = data;
    if (!recovered || this.entries.length === 0) this.entries = [...messages];
    else {
      if (messages[0] && messages[0].seq !== this.last + 1) throw new Broken("A hole in `joined`");
      this.entries.push(...messages);
    }
    if (this.entries.some(({ seq }, index, all) => index > 0 && seq !== all[index - 1].seq + 1)) {
      throw new Broken("A hole in `joined`");
    }
    this.#inRoom = true;
  }
}
