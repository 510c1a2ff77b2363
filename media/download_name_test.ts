/** Tests of names and of the header that carries them (U7). */
import assert from "node:assert/strict";
import { parse } from "content-disposition";
import { contentDisposition, downloadName } from "./download_name.ts";

const named = (title: string, artist?: string) =>
  downloadName({ title, artist: artist ?? null }, "mp3");

Deno.test("[U7] a download is named by artist and title", () => {
  assert.equal(named("Blue", "Ana"), "Ana - Blue.mp3");
  assert.equal(named("Blue"), "Blue.mp3");
  assert.equal(contentDisposition(named("Blue")), "attachment; filename=Blue.mp3");
});

Deno.test("[U7] no title leaves the folder, names a device, or is too long for a disk", () => {
  const cases = [
    ["../../etc/passwd", "_.._etc_passwd.mp3"],
    ["..\\..\\x", "_.._x.mp3"],
    ["...", "Untitled.mp3"],
    ["", "Untitled.mp3"],
    [".htaccess", "htaccess.mp3"],
    ["CON", "_CON.mp3"],
    ["nul.txt", "_nul.txt.mp3"],
    ["Console", "Console.mp3"],
    ["C:\\a", "C__a.mp3"],
    ["a\u202egpj.exe", "agpj.exe.mp3"],
    ["trailing. . .", "trailing.mp3"],
  ] as const;
  for (const [title, wanted] of cases) assert.equal(named(title), wanted, title);
  for (const title of ["x".repeat(500), "🎵".repeat(200), "é".repeat(200)]) {
    const name = named(title, title);
    assert.ok(new TextEncoder().encode(name).length <= 190, name);
    assert.ok(name.isWellFormed());
  }
});

Deno.test("[U7][S11] the header holds whatever a title holds, and nothing more", () => {
  const titles = [
    'say "hi"; filename=evil.exe',
    "a\r\nSet-Cookie: session=1",
    "🎵 Größe — 音",
    "back\\slash",
    "100%41",
    "it's; a=b, c",
    "\u0000\u0007",
  ];
  for (const title of titles) {
    const name = named(title, "Ana");
    const header = contentDisposition(name);
    assert.match(header, /^[\x20-\x7e]+$/);
    // Refused by the platform if it could end the header.
    assert.equal(new Headers({ "content-disposition": header }).get("content-disposition"), header);
    const { type, parameters } = parse(header);
    assert.equal(type, "attachment");
    assert.equal(parameters["filename"], name);
    assert.doesNotMatch(name, /["\\/%\r\n]/);
  }
  const emoji = contentDisposition(named("🎵 Größe"));
  assert.match(emoji, /^attachment; filename="[\x20-\x7e]+\.mp3"; filename\*=UTF-8''%F0%9F%8E%B5/);
});
