/** Invitations to the site: made, looked at, listed and taken back (S4). */
import { Rejection } from "../domain/errors.ts";
import type { Invite, NewInvite } from "../domain/invites.ts";
import type { Page, PageQuery } from "../domain/pages.ts";
import { newId } from "./ids.ts";
import { hashSecret, newSecret } from "./secrets.ts";

const DAY_MS = 86_400_000;
/** 128 bits: short enough for a letter, and nothing to guess. */
const SECRET_BYTES = 16;

interface Rows {
  make(invite: {
    id: string;
    secretHash: Uint8Array;
    note: string;
    createdBy: string;
    mostUses: number;
    endsAt: Date;
  }): Promise<Invite>;
  list(query: PageQuery): Promise<Page<Invite>>;
  isOpen(secretHash: Uint8Array): Promise<boolean>;
  revoke(id: string): Promise<boolean>;
}

export interface InviteDesk {
  /** The invitation, and its link, which nobody can be shown again. */
  make(wanted: NewInvite, by: string): Promise<{ invite: Invite; url: string }>;
  /** The newest first. */
  list(query: PageQuery): Promise<Page<Invite>>;
  /** Whether a link's secret lets one in now. */
  isOpen(secret: string): Promise<boolean>;
  /** @throws {Rejection} `not_found` */
  revoke(id: string): Promise<void>;
}

export function inviteDesk({ rows, publicUrl, now = Date.now }: {
  rows: Rows;
  publicUrl: string;
  now?: () => number;
}): InviteDesk {
  return {
    async make({ note, uses, days }, by) {
      const secret = newSecret(SECRET_BYTES);
      const invite = await rows.make({
        id: newId(),
        secretHash: await hashSecret(secret),
        note,
        createdBy: by,
        mostUses: uses,
        endsAt: new Date(now() + days * DAY_MS),
      });
      return { invite, url: `${publicUrl}/register?invite=${secret}` };
    },
    list: (query) => rows.list(query),
    isOpen: async (secret) => await rows.isOpen(await hashSecret(secret)),
    async revoke(id) {
      if (!await rows.revoke(id)) {
        throw new Rejection("not_found", `No invitation ${id} to take back`);
      }
    },
  };
}
