/** Tests of what travels from a room to its gateways. */
import { deepEqual, equal } from "node:assert/strict";
import type { Entry } from "./chat.ts";
import { asAck, decodePublished, encodeEntries, encodePublished } from "./chat_batch.ts";
import { entryLine } from "./chat_frames.ts";

const entered = (seq: number) => ({
  seq,
  messageId: `m${seq}`,
  senderId: "anna",
  senderName: "Änna 🎧",
  createdAt: "2026-11-20T10:00:00.000Z",
});
const said = (seq: number, content: string): Entry => ({
  ...entered(seq),
  action: "received",
  clientId: `c${seq}`,
  content,
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: {},
});
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("[C2] entries are encoded once: a head, and the lines that sockets get", () => {
  const entries = [said(4, "é\n\u2028🎧"), { ...entered(5), action: "pinned" } as const];
  const { head, body } = decodePublished(encodeEntries("room", 1, entries, "nonce"));
  const lines = entries.map((entry) => `${entryLine("room", entry)}\n`);
  equal(text(body), lines.join(""));
  deepEqual(head, {
    kind: "log",
    gen: 1,
    first: 4,
    sizes: lines.map((line) => new TextEncoder().encode(line).length),
    keys: ["anna/c4", "anna/nonce"],
  });
  const unnamed = decodePublished(encodeEntries("room", 1, entries.slice(1))).head;
  deepEqual(unnamed.kind === "log" && unnamed.keys, [null]);
});

Deno.test("[C2] a head alone, and one with lines, come back as they were", () => {
  const beacon = { kind: "beacon", gen: 1, seq: 9 } as const;
  deepEqual(decodePublished(encodePublished(beacon)), { head: beacon, body: new Uint8Array() });
  const { head, body } = decodePublished(
    encodePublished({ kind: "passing", except: "anna" }, '{"a":1}\n'),
  );
  deepEqual([head, text(body)], [{ kind: "passing", except: "anna" }, '{"a":1}\n']);
});

Deno.test("[C4] a line becomes the ack of its sender, whatever the request_id holds", () => {
  const line = new TextEncoder().encode(`${entryLine("room", said(1, "x"))}\n`);
  const requestId = `"},\n{"🎧`;
  const ack = text(asAck(line, requestId));
  equal(ack.indexOf("\n"), ack.length - 1, "it is one line");
  deepEqual(JSON.parse(ack), { ...JSON.parse(text(line)), request_id: requestId });
});
