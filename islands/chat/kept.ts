/** What a browser keeps of one's writing: messages that were not sent, and what is half written. */
import type { OutboxStorage, Waiting } from "./outbox.ts";

const outboxKey = (userId: string, clientId: string) => `veza.outbox.${userId}.${clientId}`;
const draftKey = (userId: string, roomId: string) => `veza.draft.${userId}.${roomId}`;

/** A browser that is full, or keeps nothing, still sends: only a reload would lose it. */
function tryTo(keep: () => void): void {
  try {
    keep();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** The storage of an account's outbox: each message a key, so that windows do not mix. */
export function keptOutbox(userId: string): OutboxStorage {
  const prefix = outboxKey(userId, "");
  return {
    load: () =>
      Object.keys(localStorage).filter((key) => key.startsWith(prefix)).flatMap((key) => {
        try {
          return [JSON.parse(localStorage.getItem(key) ?? "") as Waiting];
        } catch {
          return []; // not written by us
        }
      }),
    put: (one) =>
      tryTo(() => localStorage.setItem(outboxKey(userId, one.clientId), JSON.stringify(one))),
    remove: (clientId) => localStorage.removeItem(outboxKey(userId, clientId)),
  };
}

export const keptDraft = (userId: string, roomId: string): string =>
  localStorage.getItem(draftKey(userId, roomId)) ?? "";

export function keepDraft(userId: string, roomId: string, text: string): void {
  if (text === "") localStorage.removeItem(draftKey(userId, roomId));
  else tryTo(() => localStorage.setItem(draftKey(userId, roomId), text));
}
