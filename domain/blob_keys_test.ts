import { deepEqual, equal } from "node:assert/strict";
import {
  attemptFolder,
  coversFolder,
  downloadsFolder,
  FOLDERS,
  originalKey,
  ownerOf,
  placesOfTrack,
  placesOfUpload,
  siteMark,
  siteOf,
} from "./blob_keys.ts";

const TRACK = "019a0000-0000-7000-8000-00000000000a";
const UPLOAD = "019a0000-0000-7000-8000-00000000000b";

Deno.test("[U13] every key that is made is known again by who has to name it", () => {
  const [trackId, uploadId] = [TRACK, UPLOAD];
  const original = originalKey(UPLOAD);
  deepEqual(ownerOf(original), { kind: "original", key: original });
  const attempt = { kind: "attempt", trackId, uploadId, attempt: 12 };
  const folder = attemptFolder(TRACK, UPLOAD, 12);
  deepEqual(ownerOf(`${folder}/master.m3u8`), attempt);
  deepEqual(ownerOf(`${folder}/aac-128/seg-00001.m4s`), attempt);
  const download = { kind: "download", trackId, uploadId };
  deepEqual(ownerOf(`${downloadsFolder(TRACK, UPLOAD)}/mp3-320-1f3a9c04.mp3`), download);
  const cover = `${coversFolder(TRACK)}/x/320.webp`;
  deepEqual(ownerOf(cover), { kind: "cover", trackId, key: cover });
  for (const key of [original, folder, downloadsFolder(TRACK, UPLOAD), cover]) {
    equal(FOLDERS.some((name) => key.startsWith(`${name}/`)), true, key);
  }
  equal(siteOf(siteMark(UPLOAD)), UPLOAD);
  deepEqual([siteOf("sites/x"), siteOf(original)], [null, null]);
});

Deno.test("[U13] a key that is none of ours has no owner, and so is never collected", () => {
  for (
    const key of [
      "readme.txt",
      siteMark(UPLOAD),
      "originals/x",
      `originals/${UPLOAD}/x`,
      `tracks/${TRACK}/${UPLOAD}/original`,
      `tracks/${TRACK}/${UPLOAD}/1`,
      `tracks/${TRACK}/x/1/a`,
      `other/originals/${UPLOAD}`,
      `downloads/${TRACK}/a.mp3`,
      "covers/x/y",
    ]
  ) equal(ownerOf(key), null, key);
});

Deno.test("[U15] what belongs to a track alone is in its places; originals are not", () => {
  const places = placesOfTrack(TRACK);
  const within = (key: string) => places.some((place) => key.startsWith(place));
  equal(within(`${attemptFolder(TRACK, UPLOAD, 1)}/a`), true);
  equal(within(`${downloadsFolder(TRACK, UPLOAD)}/a`), true);
  equal(within(`${coversFolder(TRACK)}/a`), true);
  equal(within(originalKey(UPLOAD)), false);
  for (const place of placesOfUpload(TRACK, UPLOAD)) equal(within(place), true, place);
});
