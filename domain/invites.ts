/** Invitations: links that let a number of new accounts in until they end. */
import { z } from "zod";

/** The secret of a link, as `services/secrets.ts` makes it. */
export const InviteSecret = z.string().regex(/^[A-Za-z0-9_-]{20,64}$/, "is no invitation");

/** What an invitation may be asked to be. */
export const NewInvite = z.strictObject({
  /** Whom it is for, to those who made it. */
  note: z.string().trim().max(200).default(""),
  uses: z.coerce.number().int().min(1).max(1_000).default(1),
  days: z.coerce.number().int().min(1).max(365).default(7),
});
export type NewInvite = z.infer<typeof NewInvite>;

export const INVITE_STATES = ["open", "used", "ended", "revoked"] as const;

export const Invite = z.object({
  id: z.string(),
  note: z.string(),
  state: z.enum(INVITE_STATES),
  uses: z.number().int(),
  mostUses: z.number().int(),
  /** The username of who made it; null when that account is gone. */
  createdBy: z.string().nullable(),
  createdAt: z.string(),
  endsAt: z.string(),
}).meta({ id: "Invite" });
export type Invite = z.infer<typeof Invite>;

/** What an invitation is worth at `now`, in ms since 1970. */
export function inviteState(
  invite: { uses: number; mostUses: number; endsAt: Date; revokedAt: Date | null },
  now: number,
): Invite["state"] {
  if (invite.revokedAt) return "revoked";
  if (invite.uses >= invite.mostUses) return "used";
  return invite.endsAt.getTime() <= now ? "ended" : "open";
}
