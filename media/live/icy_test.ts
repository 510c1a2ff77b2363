/** Tests of titles between the bytes. */
import assert from "node:assert/strict";
import { cuts, noise, seeded } from "../../tests/support/seeded.ts";
import { ICY_EVERY, IcyWeaver } from "./icy.ts";

/** As a player takes them apart. */
function unwoven(bytes: Uint8Array) {
  const sound: number[] = [];
  const titles: string[] = [];
  for (let at = 0; at < bytes.length;) {
    sound.push(...bytes.subarray(at, at + ICY_EVERY));
    at += ICY_EVERY;
    if (at >= bytes.length) break;
    const size = bytes[at]! * 16;
    const text = new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + size));
    if (size > 0) titles.push(text.replaceAll("\0", ""));
    at += 1 + size;
  }
  return { sound: Uint8Array.from(sound), titles };
}

Deno.test("[L4] titles stand between the sound, each once, and the sound is whole", () => {
  const sound = noise(seeded(2), 5 * ICY_EVERY + 77);
  for (let seed = 1; seed <= 5; seed++) {
    const weaver = new IcyWeaver();
    let sent = 0;
    const woven = [...cuts(sound, seeded(seed), 4_000)].flatMap((piece) => {
      sent += piece.length;
      return [...weaver.push(piece, sent < 2.5 * ICY_EVERY ? "Été" : "Don't; 'go';")];
    });
    const heard = unwoven(Uint8Array.from(woven));
    assert.deepEqual(heard.sound, sound);
    assert.deepEqual(heard.titles, ["StreamTitle='Été';", "StreamTitle='Don't; 'go' ;';"]);
  }
});

Deno.test("[L4] a title of any length fits its byte", () => {
  const woven = new IcyWeaver().push(new Uint8Array(ICY_EVERY), "€".repeat(3_000));
  assert.ok(woven[ICY_EVERY]! === 255);
  assert.equal(woven.length, ICY_EVERY + 1 + 255 * 16);
});
