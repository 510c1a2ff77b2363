/** The upload page: the desk where files are dropped; without script, a form for one file. */
import { formatBytes } from "../../domain/i18n/format.ts";
import { VISIBILITIES } from "../../domain/tracks.ts";
import UploadDesk from "../../islands/upload/upload_desk.tsx";
import { Island } from "./island.tsx";
import { Empty, Field, FormError } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

export function uploadPage(
  view: View,
  problem: string | null,
  status: Content["status"] = 200,
): Content {
  const { t, viewer, site } = view;
  const body = () => (
    <>
      <h1 class={viewer.kind === "guest" ? "page-title" : "visually-hidden"}>{t.upload.title}</h1>
      {viewer.kind === "guest"
        ? (
          <Empty
            text={t.upload.signInText}
            act={{ href: "/login?next=%2Fupload", label: t.upload.signIn }}
          />
        )
        : (
          <>
            {problem && <FormError>{problem}</FormError>}
            <noscript>
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
                <div class="field">
                  <label for="field-file">{t.upload.file}</label>
                  <input id="field-file" type="file" name="file" accept="audio/*" required />
                  <p class="field-help">
                    {t.upload.limits(formatBytes(site.uploadMaxBytes, view.language))}
                  </p>
                </div>
                <p class="acts">
                  <button type="submit" class="button button-main">{t.upload.send}</button>
                </p>
              </form>
            </noscript>
            <div class="needs-script">
              <Island
                name="upload-desk"
                source="islands/upload/upload_desk.tsx"
                of={UploadDesk}
                props={{ maxBytes: site.uploadMaxBytes }}
              />
            </div>
          </>
        )}
    </>
  );
  return { title: t.upload.title, body, status };
}
