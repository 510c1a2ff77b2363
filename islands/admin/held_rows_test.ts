/** Rows under the pointer stay, with fresh figures. */
import { deepEqual } from "node:assert/strict";
import type { ActorView } from "../../domain/runtime.ts";
import { freshRows, heldRows } from "./held_rows.ts";

const actor = (key: string, mailbox = 0) => ({ kind: "room", key, mailbox }) as ActorView;

Deno.test("[X3] the order under the pointer does not change; figures do, and who went stays as it was", () => {
  const rows = freshRows([actor("a", 1), actor("b", 2), actor("c", 3)]);
  const held = heldRows(rows, [actor("c", 30), actor("new"), actor("a", 10)]);
  deepEqual(held.map((row) => [row.actor.key, row.actor.mailbox, row.gone]), [
    ["a", 10, false],
    ["b", 2, true],
    ["c", 30, false],
  ]);
});
