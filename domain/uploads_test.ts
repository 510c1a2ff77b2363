import { deepEqual, equal, throws } from "node:assert/strict";
import { parseChecksum, splitMetadata } from "./uploads.ts";

Deno.test("[U3] a checksum is read, or refused in words", () => {
  const digest = btoa("\u0001".repeat(32));
  deepEqual(parseChecksum(`sha256 ${digest}`), { algorithm: "sha256", digest });
  equal(parseChecksum(`SHA1 ${btoa("x".repeat(20))}`).algorithm, "sha1");
  throws(() => parseChecksum(`crc32 ${digest}`), /"crc32" is not known here, but sha256 and sha1/);
  for (const wrong of ["", "x", digest.slice(4), `${digest} more`, "*".repeat(44)]) {
    throws(() => parseChecksum(`sha256 ${wrong}`), /wants 32 bytes in base64/);
  }
});

Deno.test("[U4] what is said of the file is kept apart from what is said of the track", () => {
  deepEqual(splitMetadata({ filename: "a.wav", filetype: "audio/wav", title: "A", genre: null }), {
    filename: "a.wav",
    fields: { title: "A", genre: "" },
  });
  equal(splitMetadata({ name: "uppy.wav" }).filename, "uppy.wav");
  equal(splitMetadata({ filename: "x".repeat(5_000) }).filename.length, 400);
});
