/** The upload page: the desk where files are dropped; without script, a form for one file. */
import { formatLimit } from "../../domain/i18n/format.ts";
import type { Quota } from "../../domain/quotas.ts";
import { VISIBILITIES } from "../../domain/tracks.ts";
import type { UploadRules } from "../../domain/upload_rules.ts";
import UploadDesk from "../../islands/upload/upload_desk.tsx";
import { Island } from "./island.tsx";
import { Empty, Field, FormError } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

/** What the viewer may send, and has stored. */
export interface Allowance {
  readonly rules: UploadRules;
  /** Null for a guest. */
  readonly quota: Quota | null;
}

/** Says up front that nothing is taken, instead of after the bytes (U12). */
function Refused({ view: { t }, rules }: { view: View; rules: UploadRules }) {
  return (
    <div class="empty">
      <p>{t.upload.refused}</p>
      <p class="quiet">{t.upload.refusedText}</p>
      <p class="quiet">
        {t.upload.refusedFor} {rules.dangers.map((one) => t.upload.dangers[one]).join(" ")}
      </p>
    </div>
  );
}

/** For browsers without script: one file, not resumable. */
function PlainForm({ view: { t, language }, rules }: { view: View; rules: UploadRules }) {
  return (
    <form class="form" method="post" action="/upload" encType="multipart/form-data">
      <Field name="title" label={t.track.title} maxlength={200} />
      <div class="field">
        <label for="field-visibility">{t.track.visibility}</label>
        <select id="field-visibility" name="visibility">
          {VISIBILITIES.map((choice) => (
            <option value={choice}>{t.track.visibilities[choice]}</option>
          ))}
        </select>
      </div>
      <div class="choices">
        <input type="hidden" name="downloadable" value="false" />
        <label class="choice">
          <input type="checkbox" name="downloadable" value="true" checked />
          <span>
            {t.tools.download.allow}
            <small>{t.tools.download.allowHelp}</small>
          </span>
        </label>
      </div>
      <div class="field">
        <label for="field-file">{t.upload.file}</label>
        <input id="field-file" type="file" name="file" accept="audio/*" required />
        <p class="field-help">{t.upload.limits(formatLimit(rules.maxBytes, language))}</p>
      </div>
      <p class="acts">
        <button type="submit" class="button button-main">{t.upload.send}</button>
      </p>
    </form>
  );
}

export function uploadPage(
  view: View,
  { rules, quota }: Allowance,
  problem: string | null,
  status: Content["status"] = 200,
): Content {
  const { t, viewer, site } = view;
  const isGuest = viewer.kind === "guest";
  const refused = !isGuest && rules.dangers.length > 0;
  const body = () => (
    <>
      <h1 class={isGuest || refused ? "page-title" : "page-title title-without-script"}>
        {t.upload.title}
      </h1>
      {isGuest && (
        <>
          <Empty
            text={t.upload.signInText}
            act={{ href: "/login?next=%2Fupload", label: t.upload.signIn }}
          />
          {site.registration !== "closed" && (
            <p class="entry-other">
              {t.account.noAccount} <a href="/register?next=%2Fupload">{t.account.register}</a>
            </p>
          )}
        </>
      )}
      {problem && <FormError>{problem}</FormError>}
      {refused && <Refused view={view} rules={rules} />}
      {!isGuest && !refused && (
        <>
          <noscript>
            <PlainForm view={view} rules={rules} />
          </noscript>
          <div class="needs-script">
            <Island
              name="upload-desk"
              source="islands/upload/upload_desk.tsx"
              of={UploadDesk}
              props={{ maxBytes: rules.maxBytes, quota }}
            />
          </div>
        </>
      )}
    </>
  );
  return { title: t.upload.title, body, status };
}
