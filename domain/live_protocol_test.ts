/** docs/live_protocol.md names every frame and code of the live sockets, as the code has them. */
import { deepEqual, ok } from "node:assert/strict";
import { type ErrorCode, ERRORS } from "./errors.ts";
import { CHUNK_MOST, OPUS_PACKET_MOST } from "./live_frames.ts";
import { LIVE_FRAMES } from "./live_socket.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
const manual = await read("docs/live_protocol.md");
const examples = manual.replace(/\s/g, "");
const SOURCES = [
  ...["live", "live_feed", "live_hub", "live_line", "live_publish"].map((name) =>
    `routes/sockets/${name}.ts`
  ),
  ...["live_news", "live_socket", "live_stream"].map((name) => `domain/${name}.ts`),
  "media/live/broadcast.ts",
];
const source = (await Promise.all(SOURCES.map(read))).join("\n");

Deno.test("[L3] the manual of the live sockets names every frame", () => {
  deepEqual(Object.keys(LIVE_FRAMES).filter((name) => !manual.includes(`\`${name}\``)), []);
  const said = [
    ...[...source.matchAll(/type: "(\w+)",\s*action: "(\w+)"/g)].map(([, type, of]) => [type, of]),
    ...[...source.matchAll(/\bline\("(\w+)",/g)].map(([, of]) => ["live", of]),
  ];
  ok(said.length >= 9, "frames are found in the source");
  const missing = said.filter(([type, of]) =>
    !examples.includes(`"type":"${type}","action":"${of}"`)
  );
  deepEqual(missing, []);
  for (const size of [OPUS_PACKET_MOST, CHUNK_MOST]) {
    ok(manual.includes(size.toLocaleString("en")), `${size}`);
  }
});

Deno.test("[L3] the manual of the live sockets has every code that one can meet, as the table has it", () => {
  const rows = [...manual.matchAll(/^\| `(\w+)` +\| (\d{4}) +\| (\w+) +\|/gm)];
  const told = new Map(rows.map(([, code = "", close, retry]) => [code, `${close} ${retry}`]));
  const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);
  const used = [...source.matchAll(/(?:Rejection|end|close)\(\s*"(\w+)"/g)].map(([, code = ""]) =>
    code
  );
  // how a broadcast ends by itself is told to nobody
  const codes = [...new Set(used)].filter(isCode).filter((code) => code !== "cancelled");
  ok(codes.length > 12, "codes are found in the source");
  const expected = codes.map((code) => [code, `${ERRORS[code].close} ${ERRORS[code].retry}`]);
  deepEqual(codes.map((code) => [code, told.get(code)]), expected);
  deepEqual([...told.keys()].filter((code) => !isCode(code)), []);
});
