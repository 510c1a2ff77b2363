/** The owner's page of a track: what is said of it, who may hear and take it, cover and versions. */
import { type Track, type TrackVersion, VISIBILITIES } from "../../domain/tracks.ts";
import CoverEdit from "../../islands/tracks/cover_edit.tsx";
import Versions from "../../islands/tracks/versions.tsx";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Island } from "./island.tsx";
import { Field, FormError } from "./parts.tsx";
import type { Content } from "./view.tsx";

interface Editing {
  readonly track: Track;
  readonly versions: readonly TrackVersion[];
  readonly form: FormState;
  /** What was wrong with a picture or a file that was sent without script. */
  readonly problems?: { readonly cover?: string; readonly version?: string };
}

function Words({ view, track, form }: { view: View; track: Track; form: FormState }) {
  const { t } = view;
  const value = (name: "title" | "artist" | "genre" | "description") =>
    form.values[name] ?? track[name];
  const chosen = form.values.visibility ?? track.visibility;
  const taken = form.values.downloadable ?? (track.downloadable ? "on" : "off");
  return (
    <form class="form" method="post" action={`/tracks/${track.id}/edit`} data-swap>
      {form.problem && <FormError>{form.problem}</FormError>}
      <Field
        name="title"
        label={t.track.title}
        value={value("title")}
        error={form.errors.title}
        maxlength={200}
        required
      />
      <Field
        name="artist"
        label={t.track.artist}
        value={value("artist")}
        error={form.errors.artist}
        maxlength={200}
      />
      <Field
        name="genre"
        label={t.track.genre}
        value={value("genre")}
        error={form.errors.genre}
        maxlength={60}
      />
      <Field
        name="description"
        label={t.track.description}
        value={value("description")}
        error={form.errors.description}
        maxlength={5000}
        rows={6}
      />
      <fieldset class="choices">
        <legend>{t.track.visibility}</legend>
        {VISIBILITIES.map((choice) => (
          <label class="choice">
            <input type="radio" name="visibility" value={choice} checked={choice === chosen} />
            <span>
              {t.track.visibilities[choice]}
              <small>{t.track.visibilityHelp[choice]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="choices">
        <input type="hidden" name="downloadable" value="off" />
        <label class="choice">
          <input type="checkbox" name="downloadable" value="on" checked={taken === "on"} />
          <span>
            {t.tools.download.allow}
            <small>{t.tools.download.allowHelp}</small>
          </span>
        </label>
      </div>
      <p class="acts">
        <button type="submit" class="button button-main">{t.track.save}</button>
        <a class="button" href={`/tracks/${track.id}`}>{t.track.cancel}</a>
      </p>
    </form>
  );
}

export function editPage(view: View, { track, versions, form, problems = {} }: Editing): Content {
  const { t, now } = view;
  const body = () => (
    <div class="editing">
      <h1 class="page-title">{t.track.editTitle}</h1>
      <div class="editing-words">
        <Words view={view} track={track} form={form} />
      </div>
      <section class="editing-side">
        <h2 class="section-title">{t.tools.cover.title}</h2>
        <Island
          name="cover-edit"
          source="islands/tracks/cover_edit.tsx"
          of={CoverEdit}
          props={{
            track: {
              id: track.id,
              title: track.title,
              coverUrl: track.coverUrl,
              waveformUrl: track.waveformUrl,
            },
            problem: problems.cover ?? null,
          }}
        />
        <h2 class="section-title">{t.tools.versions.title}</h2>
        <Island
          name="track-versions"
          source="islands/tracks/versions.tsx"
          of={Versions}
          props={{ trackId: track.id, versions, now, problem: problems.version ?? null }}
        />
      </section>
    </div>
  );
  const wrong = form.problem ?? problems.cover ?? problems.version;
  return {
    title: `${t.track.edit}: ${track.title}`,
    body,
    ...(wrong && { status: 422 as const }),
  };
}
