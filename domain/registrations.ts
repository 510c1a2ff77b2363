/** How new accounts come in: what each mode asks of them, and what is decided of those who wait. */
import { z } from "zod";
import { Rejection } from "./errors.ts";
import { Id } from "./ids.ts";
import type { RegistrationMode } from "./site_settings.ts";

/** Most characters of the reason that one gives to be let in. */
export const REASON_MAX = 1_000;

/** How an account begins. */
export type Admission = "active" | "pending";

/**
 * What becomes of one who asks for an account; whether the invitation counts is found out later,
 * when it is used.
 *
 * @throws {Rejection} `registration_closed`, `invite_needed`, `invalid` for a missing reason
 */
export function admission(
  mode: RegistrationMode,
  { reason, isInvited }: { reason: string | undefined; isInvited: boolean },
): Admission {
  switch (mode) {
    case "closed":
      throw new Rejection(
        "registration_closed",
        "This site does not take new accounts at the moment",
      );
    case "invite":
      if (isInvited) return "active";
      throw new Rejection("invite_needed", "New accounts need an invitation to this site");
    case "approval":
      if (isInvited) return "active"; // somebody here has vouched already
      if (reason) return "pending";
      throw new Rejection(
        "invalid",
        "This site asks why you would like an account: give a reason",
        {
          errors: [{ path: "reason", message: "is empty", fault: { kind: "empty" } }],
        },
      );
    case "open":
      return "active";
    default:
      return mode satisfies never;
  }
}

/** What a new account is told that has to wait. */
export const Waiting = z.object({
  status: z.literal("pending"),
  code: z.literal("approval_pending"),
  detail: z.string(),
}).meta({ id: "Waiting" });
export type Waiting = z.infer<typeof Waiting>;

/** One who waits, as those see it who decide. */
export const RegistrationRequest = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
  reason: z.string(),
  createdAt: z.string(),
}).meta({ id: "RegistrationRequest" });
export type RegistrationRequest = z.infer<typeof RegistrationRequest>;

/** Most that are decided at once: a page of the queue. */
export const DECIDED_MAX = 100;

/** Whether those of `ids` who wait may come in; `word` goes to them with the answer. */
export const RegistrationDecision = z.strictObject({
  ids: z.array(Id).min(1).max(DECIDED_MAX),
  decision: z.enum(["approve", "refuse"], { error: "must be approve or refuse" }),
  word: z.string().trim().max(1_000).default(""),
});
export type RegistrationDecision = z.infer<typeof RegistrationDecision>;
