/** The fields by which a site is set, in its set-up and in its settings alike. */
import { siteWords } from "../../domain/i18n/site_words.ts";
import { REGISTRATION_MODES, SITE_TEXT_MAX, type SiteConfig } from "../../domain/site_settings.ts";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Field } from "./parts.tsx";

/** Bytes of a form with these fields: a text of four bytes a letter, each written as %XX. */
export const SITE_FORM_MAX = 2 * SITE_TEXT_MAX * 12 + 64 * 1024;

/** What a site says of itself at length. */
const TEXTS = [{ name: "rules", rows: 8 }, { name: "legal", rows: 6 }] as const;

export function SiteFields(
  { view, form, config }: { view: View; form: FormState; config: SiteConfig },
) {
  const words = siteWords(view.language).settings;
  const value = (name: "name" | "rules" | "legal") => form.values[name] ?? config[name];
  const chosen = form.values.registration ?? config.registration;
  return (
    <>
      <Field
        name="name"
        label={words.name}
        help={words.nameHelp}
        value={value("name")}
        error={form.errors.name}
        maxlength={60}
        required
      />
      <fieldset class="choices" disabled={config.registrationFixed}>
        <legend>{words.registration}</legend>
        {REGISTRATION_MODES.map((mode) => (
          <label key={mode} class="choice">
            <input type="radio" name="registration" value={mode} checked={mode === chosen} />
            <span>
              {words.modes[mode]}
              <small>{words.modesHelp[mode]}</small>
            </span>
          </label>
        ))}
        {config.registrationFixed && <p class="field-help">{words.fixed(config.registration)}</p>}
      </fieldset>
      {TEXTS.map(({ name, rows }) => (
        <Field
          key={name}
          name={name}
          label={words[name]}
          help={words[`${name}Help`]}
          value={value(name)}
          error={form.errors[name]}
          maxlength={SITE_TEXT_MAX}
          rows={rows}
        />
      ))}
    </>
  );
}

/** The field of a picture; no script is needed to send it. */
export function LogoField(
  { view, error, later = false }: {
    view: View;
    error?: string | undefined;
    /** Whether it may as well be set another time. */
    later?: boolean;
  },
) {
  const words = siteWords(view.language).settings;
  const described = error ? "field-file-help field-file-error" : "field-file-help";
  return (
    <div class={error ? "field has-error" : "field"}>
      <label for="field-file">{words.logo}</label>
      <input
        id="field-file"
        type="file"
        name="file"
        accept="image/jpeg,image/png,image/webp,image/gif"
        aria-describedby={described}
      />
      <p class="field-help" id="field-file-help">
        {words.logoHelp}
        {later && ` ${words.logoLater}`}
      </p>
      {error && <p class="field-error" id="field-file-error">{error}</p>}
    </div>
  );
}
