/** What one does with a message, and how a refusal is told. */
import { Problem, sayProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { goneIds, goSoon } from "../tracks/deletion.ts";
import { type ChangeOf, Refused } from "./events.ts";
import type { ShownMessage } from "./messages.ts";
import { leads, type RoomPage } from "./room_context.ts";
import { words } from "./words.ts";

/** Says why something was not done. */
export function tell(error: unknown): void {
  if (error instanceof Refused) toast(sayProblem(error.code, error.message));
  else if (error instanceof Problem) toast(error.message);
  else throw error;
}

export const isMine = ({ start }: RoomPage, one: ShownMessage): boolean =>
  one.senderId === start.me?.id;
export const mayRemove = (page: RoomPage, one: ShownMessage): boolean =>
  isMine(page, one) || leads(page);
export const mayPin = (page: RoomPage): boolean =>
  leads(page) || (page.start.kind === "direct" && page.start.me !== null);

/** Whether it is as good as deleted. */
export const isGoing = ({ messageId }: ShownMessage): boolean => goneIds.value.has(messageId);

export async function change({ client, start }: RoomPage, what: ChangeOf): Promise<boolean> {
  try {
    await client?.change(start.id, what);
    return true;
  } catch (error) {
    tell(error);
    return false;
  }
}

/** Gives a sign, or takes it back. */
export function react(page: RoomPage, { messageId, reactions }: ShownMessage, emoji: string) {
  const mine = reactions.some((one) => one.emoji === emoji && one.mine);
  return change(page, { action: mine ? "unreact" : "react", messageId, emoji });
}

export const pin = (page: RoomPage, { messageId, pinned }: ShownMessage) =>
  change(page, { action: pinned ? "unpin" : "pin", messageId });

/** Takes it out of sight, and deletes it unless it is called back within ten seconds. */
export function removeSoon({ client, start }: RoomPage, { messageId }: ShownMessage): void {
  goSoon({
    id: messageId,
    text: words().act.removed,
    async remove() {
      try {
        await client?.change(start.id, { action: "delete", messageId });
      } catch (error) {
        if (error instanceof Refused) throw new Problem(error.code, sayProblem(error.code));
        throw error;
      }
    },
  });
}

export async function copyLink({ start }: RoomPage, { seq }: ShownMessage): Promise<void> {
  await navigator.clipboard.writeText(`${location.origin}/rooms/${start.id}?at=${seq}`);
  toast(words().act.copied);
}
