/** docs/protocol.md names every frame and code of the chat socket, as the code has them. */
import { deepEqual, ok } from "node:assert/strict";
import { ENTRY_ACTIONS } from "./chat.ts";
import { CLIENT_FRAMES, METADATA_MOST } from "./chat_frames.ts";
import { BYTES_PROTOCOL, MESSAGE_MOST } from "./chat_wire.ts";
import { type ErrorCode, ERRORS } from "./errors.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
const manual = await read("docs/protocol.md");
/** Its examples, however they are laid out. */
const examples = manual.replace(/\s/g, "");
/** Where frames are written and refused. */
const SOURCES = [
  ...["admit", "chat", "chat_session", "connection", "hub", "outage", "presence"].map((name) =>
    `routes/sockets/${name}.ts`
  ),
  ...["chat", "chat_frames", "chat_posts"].map((name) => `domain/${name}.ts`),
  "actors/chat_room.ts",
];
const source = (await Promise.all(SOURCES.map(read))).join("\n");

Deno.test("[C2] the manual of the protocol names every frame", () => {
  const sent = Object.keys(CLIENT_FRAMES);
  deepEqual(sent.filter((name) => !manual.includes(`\`${name}\``)), []);
  const said = [
    ...source.matchAll(/type: "(\w+)",\s*action: "(\w+)"/g),
    ...source.matchAll(/pass\([\w.]+, "(\w+)", "(\w+)"/g),
  ];
  ok(said.length >= 9, "frames are found in the source");
  const missing = said.filter(([, type, action]) =>
    !examples.includes(`"type":"${type}","action":"${action}"`)
  );
  deepEqual(missing.map(([found]) => found), []);
  for (const action of Object.values(ENTRY_ACTIONS)) {
    ok(manual.includes(`message.${action}`), action);
  }
  for (const word of [BYTES_PROTOCOL, MESSAGE_MOST, METADATA_MOST]) {
    ok(manual.includes(word.toLocaleString("en")), `${word}`);
  }
});

Deno.test("[C3] the manual of the protocol has every code that a socket can meet, as the table has it", () => {
  const rows = [...manual.matchAll(/^\| `(\w+)` +\| (\d{4}) +\| (\w+) +\|/gm)];
  const told = new Map(rows.map(([, code = "", close, retry]) => [code, `${close} ${retry}`]));
  const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);
  const used = [...source.matchAll(/(?:Rejection|end|later)\(\s*"(\w+)"/g)]
    .map(([, code = ""]) => code);
  // what the runtime answers calls with (actors/runtime/README.md)
  const runtime = ["busy", "timeout", "crashed", "fenced", "shutting_down", "moved", "unavailable"];
  const codes = [...new Set([...used, ...runtime])].filter(isCode);
  ok(codes.length > 20, "codes are found in the source");
  const expected = codes.map((code) => [code, `${ERRORS[code].close} ${ERRORS[code].retry}`]);
  deepEqual(codes.map((code) => [code, told.get(code)]), expected);
  deepEqual([...told.keys()].filter((code) => !isCode(code)), []);
});
