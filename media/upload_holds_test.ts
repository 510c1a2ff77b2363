import { equal, rejects } from "node:assert/strict";
import { isRejection } from "../domain/errors.ts";
import { uploadHolds } from "./upload_holds.ts";

const conflict = (error: unknown) => isRejection(error, "conflict");

Deno.test("[U3] a second writer is refused at once, while the first waits a little or works long", async () => {
  let now = 0;
  const holds = uploadHolds({ silentMs: 3_000, now: () => now });
  using first = await holds.take("a");
  await rejects(holds.take("a"), conflict);
  first.waiting();
  now = 2_999;
  await rejects(holds.take("a"), conflict);
  first.working();
  now = 60_000;
  await rejects(holds.take("a"), conflict);
  equal(first.signal.aborted, false);
  using _other = await holds.take("b");
});

Deno.test("[U3] a silent writer is sent away, and the next begins only when it has let go", async () => {
  let now = 0;
  const holds = uploadHolds({ silentMs: 3_000, now: () => now });
  const first = await holds.take("a");
  first.waiting();
  now = 3_000;
  let begun = false;
  const second = holds.take("a").then((hold) => {
    begun = true;
    return hold;
  });
  equal(conflict(first.signal.reason), true);
  await rejects(holds.take("a"), conflict); // a third meets the second
  equal(begun, false);
  first[Symbol.dispose]();
  using held = await second;
  equal(held.signal.aborted, false);
  first[Symbol.dispose](); // late, and of no effect on the second
  await rejects(holds.take("a"), conflict);
});

Deno.test("[U3] to remove an upload, a living writer is sent away too", async () => {
  const holds = uploadHolds();
  const first = await holds.take("a");
  const forced = holds.take("a", { force: true });
  equal(conflict(first.signal.reason), true);
  first[Symbol.dispose]();
  (await forced)[Symbol.dispose]();
  using _next = await holds.take("a");
});

Deno.test("[U3] who sends nothing for too long is sent away, and so are all when the node ends", async () => {
  const closing = new AbortController();
  const holds = uploadHolds({ stalledMs: 20, closing: closing.signal });
  using stalled = await holds.take("a");
  using other = await holds.take("b");
  stalled.waiting();
  await new Promise((resolve) => stalled.signal.addEventListener("abort", resolve));
  equal(isRejection(stalled.signal.reason, "upload_interrupted"), true);
  equal(other.signal.aborted, false);
  closing.abort();
  equal(isRejection(other.signal.reason, "shutting_down"), true);
  using late = await holds.take("c");
  equal(late.signal.aborted, true);
});
