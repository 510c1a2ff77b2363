/** How people come in to a site: the setup link, invitations, and the queue of those who wait. */
import type { Config } from "../config.ts";
import { inviteStore } from "../db/invites.ts";
import type { Sql } from "../db/open.ts";
import { registrationStore } from "../db/registrations.ts";
import { setupStore } from "../db/setup.ts";
import type { Logo } from "../media/logo.ts";
import { inviteDesk } from "../services/invites.ts";
import type { Log } from "../services/log.ts";
import { outbox } from "../services/mail.ts";
import type { Passwords } from "../services/passwords.ts";
import { registrationDesk } from "../services/registrations.ts";
import type { Sessions } from "../services/sessions.ts";
import { setupDesk } from "../services/setup.ts";
import type { SiteDesk } from "../services/site_settings.ts";

export function admissionOf({ config, sql, passwords, sessions, settings, publicUrl, log }: {
  config: Config;
  sql: Sql;
  passwords: Passwords;
  sessions: Sessions;
  settings: SiteDesk<Logo>;
  /** As it is told to clients, with the port that was found. */
  publicUrl: string;
  log: Log;
}) {
  const siteName = () => settings.now().name;
  const address = `noreply@${new URL(publicUrl).hostname}`;
  const mailer = outbox({
    dir: `${config.dataDir}/outbox`,
    from: () => ({ name: siteName(), address }),
  });
  return {
    setup: setupDesk({
      rows: setupStore(sql),
      passwords,
      publicUrl,
      async changed(userId) {
        sessions.forget({ userId });
        await settings.reread();
      },
    }),
    invites: inviteDesk({ rows: inviteStore(sql), publicUrl }),
    registrations: registrationDesk({
      rows: registrationStore(sql),
      mailer,
      siteName,
      publicUrl,
      log,
    }),
  };
}
