/** `/admin/invites`: links that let people join, made and taken back. */
import { formatDate } from "../../domain/i18n/format.ts";
import { siteWords } from "../../domain/i18n/site_words.ts";
import type { Invite } from "../../domain/invites.ts";
import type { Page } from "../../domain/pages.ts";
import { adminPage } from "./admin_shell.tsx";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import type { Content } from "./view.tsx";

function Row({ view, invite }: { view: View; invite: Invite }) {
  const { language, now } = view;
  const words = siteWords(language).invites;
  const name = invite.note || words.unnamed;
  const isOpen = invite.state === "open";
  return (
    <li>
      <div>
        <strong>{name}</strong>{" "}
        <span class={isOpen ? "tag tag-on" : "tag"}>{words.states[invite.state]}</span>
        <p class="quiet">
          {[
            words.used(invite.uses, invite.mostUses),
            words.ends(formatDate(invite.endsAt, now, language)),
            ...(invite.createdBy ? [words.by(invite.createdBy)] : []),
          ].join(" · ")}
        </p>
      </div>
      {isOpen && (
        <form method="post" action={`/admin/invites/${invite.id}/revoke`} data-swap>
          <button type="submit" class="button" aria-label={words.revokeTitle(name)}>
            {words.revoke}
          </button>
        </form>
      )}
    </li>
  );
}

/** The link that was just made: nobody can be shown it again. */
function MadeLink({ view, url }: { view: View; url: string }) {
  const words = siteWords(view.language).invites;
  return (
    <div class="field made-link">
      <p class="form-saved" role="status">{words.made}</p>
      <label for="made-link">{words.link}</label>
      <input id="made-link" type="text" readonly value={url} />
    </div>
  );
}

export function invitesPage(
  view: View,
  { page, form, made, revoked, status = 200 }: {
    page: Page<Invite>;
    form: FormState;
    /** The link of an invitation that was just made. */
    made: string | null;
    revoked: boolean;
    status?: Content["status"];
  },
): Content {
  const words = siteWords(view.language).invites;
  const { values, errors } = form;
  const inside = () => (
    <div class="invites">
      <p class="lead">{words.lead}</p>
      {view.site.registration === "closed" && <p class="entry-note">{words.dormant}</p>}
      {made && <MadeLink view={view} url={made} />}
      {revoked && <p class="form-saved" role="status">{words.revoked}</p>}
      <form class="form" method="post" action="/admin/invites" data-swap>
        {form.problem && <FormError>{form.problem}</FormError>}
        <Field
          name="note"
          label={words.note}
          help={words.noteHelp}
          value={values.note}
          error={errors.note}
          maxlength={200}
        />
        <div class="field-pair">
          <Field name="uses" label={words.uses} value={values.uses ?? "1"} error={errors.uses} />
          <Field name="days" label={words.days} value={values.days ?? "7"} error={errors.days} />
        </div>
        <p class="acts">
          <button type="submit" class="button button-main">{words.make}</button>
        </p>
      </form>
      <h2 class="section-title">{words.list}</h2>
      {page.items.length === 0 ? <p class="quiet">{words.empty}</p> : (
        <ul class="sessions">
          {page.items.map((invite) => <Row key={invite.id} view={view} invite={invite} />)}
        </ul>
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
  return adminPage(view, "invites", inside, { status });
}
