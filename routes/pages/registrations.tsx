/** `/admin/registrations`: who waits to be let in, and the answer to them. */
import { formatDate } from "../../domain/i18n/format.ts";
import { siteWords } from "../../domain/i18n/site_words.ts";
import type { Page } from "../../domain/pages.ts";
import type { RegistrationRequest } from "../../domain/registrations.ts";
import { adminPage } from "./admin_shell.tsx";
import type { View } from "./context.ts";
import { Field, FormError } from "./parts.tsx";
import type { Content } from "./view.tsx";

/** What was decided just now, of how many. */
export interface Done {
  readonly decision: "approve" | "refuse";
  readonly count: number;
}

function Person({ view, person }: { view: View; person: RegistrationRequest }) {
  const { language, now } = view;
  const words = siteWords(language).registrations;
  const name = `@${person.username}`;
  return (
    <li class="request">
      <input type="checkbox" name="ids" value={person.id} aria-label={words.select(name)} />
      <div>
        <p>
          <strong>{person.displayName}</strong> <span class="quiet">{name} · {person.email}</span>
        </p>
        <p class="request-reason">{person.reason || words.noReason}</p>
        <p class="label">{words.asked(formatDate(person.createdAt, now, language))}</p>
      </div>
      <p class="acts">
        <button
          type="submit"
          class="button"
          name="approve"
          value={person.id}
          aria-label={words.approveOne(name)}
        >
          {words.approve}
        </button>
        <button
          type="submit"
          class="button button-quiet"
          name="refuse"
          value={person.id}
          aria-label={words.refuseOne(name)}
        >
          {words.refuse}
        </button>
      </p>
    </li>
  );
}

export function registrationsPage(
  view: View,
  { page, done, problem, word = "", status = 200 }: {
    page: Page<RegistrationRequest>;
    done: Done | null;
    problem?: string | undefined;
    word?: string;
    status?: Content["status"];
  },
): Content {
  const { registrations: words, settings } = siteWords(view.language);
  const inside = () => (
    <div class="registrations">
      <p class="lead">{words.lead}</p>
      {done && (
        <p class="form-saved" role="status">
          {done.decision === "approve" ? words.approved(done.count) : words.refused(done.count)}
        </p>
      )}
      {problem && <FormError>{problem}</FormError>}
      {page.items.length === 0
        ? (
          <div class="empty">
            <p>{words.empty}</p>
            <p class="quiet">{words.emptyText(settings.modes[view.site.registration])}</p>
            <a class="button" href="/admin/site">{words.change}</a>
          </div>
        )
        : (
          <form class="form" method="post" action="/admin/registrations" data-swap>
            {/* Enter at a check box presses a form's first button: not that of whoever is on top */}
            <button
              type="submit"
              class="visually-hidden"
              name="all"
              value="approve"
              tabIndex={-1}
              aria-hidden="true"
            />
            <ul class="requests">
              {page.items.map((person) => <Person key={person.id} view={view} person={person} />)}
            </ul>
            <Field
              name="word"
              label={words.word}
              help={words.wordHelp}
              value={word}
              maxlength={1_000}
              rows={3}
            />
            <fieldset class="choices">
              <legend>{words.chosen}</legend>
              <p class="acts">
                <button type="submit" class="button button-main" name="all" value="approve">
                  {words.approve}
                </button>
                <button type="submit" class="button" name="all" value="refuse">
                  {words.refuse}
                </button>
              </p>
              <p class="field-help">{words.refuseNote}</p>
            </fieldset>
          </form>
        )}
      {page.nextCursor && (
        <p class="more">
          <a class="button" href={`?${new URLSearchParams({ cursor: page.nextCursor })}`}>
            {words.more}
          </a>
        </p>
      )}
    </div>
  );
  return adminPage(view, "registrations", inside, { status });
}
