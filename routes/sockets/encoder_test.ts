/** Tests of what encoders send before and around the sound: heads, mounts, keys, chunks, titles. */
import assert from "node:assert/strict";
import { isRejection } from "../../domain/errors.ts";
import { decode } from "../../media/live/tags.ts";
import { cuts, noise, seeded } from "../../tests/support/seeded.ts";
import { Dechunker } from "./encoder_body.ts";
import { formOf, headEnd, keyIn, readHead, streamOf } from "./encoder_head.ts";
import { readTitleUpdate } from "./encoder_titles.ts";

const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const ID = "0199a2b4-6a00-7c1e-8f00-0123456789ab";

Deno.test("[L2] heads are read in every dialect, and nothing else is", () => {
  const head = readHead(bytes("SOURCE /live/x ICE/1.0\r\ncontent-type: audio/mpeg\r\n\r\n"));
  assert.equal(head?.method, "SOURCE");
  assert.equal(head?.protocol, "ICE/1.0");
  assert.equal(head?.headers.get("content-type"), "audio/mpeg");
  assert.equal(readHead(bytes("PUT /live/x HTTP/1.0\nHost: a:1\n\n"))?.headers.get("host"), "a:1");
  for (
    const wrong of ["", "hello\r\n\r\n", "PUT / HTTP/2.0\r\n\r\n", "PUT / HTTP/1.1\r\nx\r\n\r\n"]
  ) {
    assert.equal(readHead(bytes(wrong)), undefined, wrong);
  }
  assert.equal(headEnd(bytes("GET / HTTP/1.0\r\n\r\nbody")), 18);
  assert.equal(headEnd(bytes("GET / HTTP/1.0\n\nbody")), 16);
  assert.equal(headEnd(bytes("GET / HTTP/1.0\r\n")), undefined);
});

Deno.test("[L2] a head of noise never throws", () => {
  const random = seeded(11);
  for (let round = 0; round < 300; round++) {
    const junk = noise(random, 400);
    headEnd(junk);
    readHead(junk);
    readTitleUpdate(new TextDecoder("latin1").decode(junk), decode);
    keyIn(`Basic ${new TextDecoder("latin1").decode(junk)}`);
  }
});

Deno.test("[L2] the key comes as the password of source, or of nobody", () => {
  assert.equal(keyIn(`Basic ${btoa("source:abc:d")}`), "abc:d");
  assert.equal(keyIn(`basic ${btoa(":abc")}`), "abc");
  assert.equal(keyIn(`Basic ${btoa("admin:abc")}`), undefined);
  assert.equal(keyIn(`Basic ${btoa("abc")}`), undefined);
  assert.equal(keyIn("Basic a==a"), undefined);
  assert.equal(keyIn("Bearer abc"), undefined);
  assert.equal(keyIn(undefined), undefined);
});

Deno.test("[L2] a mount is a stream's id, with dashes or without", () => {
  assert.equal(streamOf(`/live/${ID}`), ID);
  assert.equal(streamOf(`/live/${ID.replaceAll("-", "")}`), ID);
  assert.equal(streamOf(`/live/${ID.toUpperCase()}`), ID);
  for (const wrong of ["/live/", "/live/x", `/${ID}`, `/live/${ID}/x`, `/live/../${ID}`]) {
    assert.equal(streamOf(wrong), undefined, wrong);
  }
});

Deno.test("[L2] what is taken is told by the content type", () => {
  assert.equal(formOf("application/ogg"), "ogg");
  assert.equal(formOf("Audio/OGG; codecs=opus"), "ogg");
  assert.equal(formOf("audio/aacp"), "aac");
  assert.equal(formOf(undefined), "mp3");
  assert.equal(formOf("video/webm"), undefined);
  assert.equal(formOf("text/html"), undefined);
});

Deno.test("[L2] a chunked body is the same in any pieces", () => {
  const random = seeded(5);
  const body = noise(random, 20_000);
  let text = "";
  for (const part of cuts(body, random, 700)) {
    if (part.length === 0) continue;
    text += `${part.length.toString(16)};x=1\r\n${String.fromCharCode(...part)}\r\n`;
  }
  const sent = bytes(`${text}0\r\n\r\n`);
  for (let seed = 1; seed <= 10; seed++) {
    const dechunker = new Dechunker();
    const parts = [...cuts(sent, seeded(seed), 900)].flatMap((piece) => dechunker.push(piece));
    assert.ok(dechunker.ended);
    assert.deepEqual(new Uint8Array(parts.flatMap((part) => [...part])), body);
  }
});

Deno.test("[L2] what is not chunked is refused, and holds nothing", () => {
  for (const wrong of ["x\r\n", "-1\r\n", "fffffffff\r\n", "1\r\nab\r\n", "1".repeat(2_000)]) {
    const refused = (error: unknown) => isRejection(error, "bad_request");
    assert.throws(() => new Dechunker().push(bytes(wrong)), refused, wrong);
  }
});

Deno.test("[L2] a title comes in UTF-8 or ISO 8859-1, in one field or two", () => {
  const update = (query: string) =>
    readTitleUpdate(`/admin/metadata?mode=updinfo&mount=/live/${ID}&${query}`, decode)?.title;
  assert.equal(update("song=Sigur+R%C3%B3s%20-%20Hopp%C3%ADpolla"), "Sigur Rós - Hoppípolla");
  assert.equal(update("song=%C9t%E9"), "Été");
  assert.equal(update("song=%C3%A9&charset=ISO-8859-1"), "Ã©");
  assert.equal(update("artist=A&title=B"), "A - B");
  assert.equal(update("song="), "");
  assert.equal(update("song=100%25+%zz%"), "100% %zz%");
  assert.equal(readTitleUpdate("/admin/metadata?mode=updinfo&mount=/x&song=a", decode), undefined);
  assert.equal(readTitleUpdate(`/admin/stats?mount=/live/${ID}`, decode), undefined);
});
