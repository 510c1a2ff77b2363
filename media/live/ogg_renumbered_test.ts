/** Tests of pages under other numbers. */
import assert from "node:assert/strict";
import { noise, seeded } from "../../tests/support/seeded.ts";
import { OggPages, OggWriter, sequenceOf } from "./ogg.ts";
import { OggRenumbered } from "./ogg_renumbered.ts";

Deno.test("[L4] a page with another number is as if it had been written with that", () => {
  const random = seeded(11);
  for (let round = 0; round < 300; round++) {
    const numbers = [0, 1, 255, 256, 0x10203, 0x80000000, 0xffffffff];
    const [from, to] = [0, 0].map(() => numbers[Math.floor(random() * numbers.length)]!);
    const packets = [noise(random, Math.floor(random() * 900)), noise(random, 240)];
    const page = new OggWriter(7, from).page(packets, 960n);
    const kept = page.slice();
    const other = new OggRenumbered(page).as(to!);
    assert.deepEqual(other, new OggWriter(7, to).page(packets, 960n), `${from} to ${to}`);
    assert.deepEqual(page, kept, "the page itself stays");
    assert.equal(sequenceOf(other), to);
    assert.equal(new OggPages().push(other).length, 1, "its checksum is right");
  }
});
