/** Decides who of those who wait may come in, and writes to them (S4). */
import { isLanguage } from "../domain/i18n/mod.ts";
import { siteWords } from "../domain/i18n/site_words.ts";
import type { Page, PageQuery } from "../domain/pages.ts";
import type { RegistrationDecision, RegistrationRequest } from "../domain/registrations.ts";
import type { Log } from "./log.ts";
import type { Mailer } from "./mail.ts";

interface Decided {
  readonly id: string;
  readonly displayName: string;
  readonly email: string;
  readonly language: string | null;
}

interface Rows {
  list(query: PageQuery): Promise<Page<RegistrationRequest>>;
  count(): Promise<number>;
  approve(ids: readonly string[], by: string, word: string): Promise<Decided[]>;
  refuse(ids: readonly string[], by: string, word: string): Promise<Decided[]>;
}

export interface RegistrationDesk {
  /** Who has waited longest comes first. */
  list(query: PageQuery): Promise<Page<RegistrationRequest>>;
  /** How many wait. */
  count(): Promise<number>;
  /** Answers with how many it was decided of: the others do not wait, or no longer. */
  decide(decision: RegistrationDecision, by: string): Promise<number>;
}

export function registrationDesk({ rows, mailer, siteName, publicUrl, log }: {
  rows: Rows;
  mailer: Mailer;
  siteName: () => string;
  publicUrl: string;
  log: Log;
}): RegistrationDesk {
  const tell = async (person: Decided, { decision, word }: RegistrationDecision) => {
    const language = person.language ?? undefined;
    const { mails } = siteWords(isLanguage(language) ? language : "en");
    const told = { name: person.displayName, site: siteName(), word, url: `${publicUrl}/login` };
    const mail = decision === "approve" ? mails.approved : mails.refused;
    await mailer.send({ to: person.email, subject: mail.subject(told), text: mail.text(told) });
  };

  return {
    list: (query) => rows.list(query),
    count: () => rows.count(),
    async decide(decision, by) {
      const decided = decision.decision === "approve"
        ? await rows.approve(decision.ids, by, decision.word)
        : await rows.refuse(decision.ids, by, decision.word);
      for (const person of decided) {
        try {
          await tell(person, decision);
        } catch (error) {
          // it is decided all the same, and the person can sign in
          log.error("a mail about a registration was not sent", { user_id: person.id, error });
        }
      }
      return decided.length;
    },
  };
}
