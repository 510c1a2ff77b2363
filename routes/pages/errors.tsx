/** Error pages: what happened, what is safe, and where to go on. */
import type { Context } from "hono";
import type { ErrorCode } from "../../domain/errors.ts";
import { ERRORS } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";
import type { Site } from "./site.ts";
import { type View, viewOf } from "./context.ts";
import { answer, type Content } from "./view.tsx";

/** What an error says as a page, by its code. */
function words({ t }: View, code: ErrorCode): { title: string; text: string } {
  const { errors } = t;
  switch (code) {
    case "not_found":
      return { title: errors.notFound, text: errors.notFoundText };
    case "forbidden":
      return { title: errors.forbidden, text: errors.forbiddenText };
    case "unauthenticated":
      return { title: errors.signIn, text: errors.signInText };
    case "internal":
      return { title: errors.internal, text: errors.internalText };
    default:
      return { title: errors.title, text: t.problems[code] };
  }
}

const STATUSES = [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503] as const;

/** Makes the renderer of error pages for `routes/middleware/errors.ts`. */
export const errorPage = (site: Site) =>
(
  c: Context<AppEnv>,
  { code }: { code: ErrorCode; status: number; detail: string },
): Response => {
  const view = viewOf(site, c);
  const { t } = view;
  const { title, text } = words(view, code);
  const found = ERRORS[code].status;
  const status: Content["status"] = STATUSES.find((one) => one === found) ?? 500;
  const body = () => (
    <div class="error">
      <p class="error-status">{found}</p>
      <h1 class="error-title">{title}</h1>
      <p class="lead">{text}</p>
      <p class="acts">
        {code === "unauthenticated"
          ? (
            <a
              class="button button-main"
              href={`/login?${new URLSearchParams({ next: view.path })}`}
            >
              {t.account.login}
            </a>
          )
          : found >= 500
          ? <a class="button button-main" href={view.path}>{t.errors.retry}</a>
          : null}
        <a class="button" href="/">{t.errors.home}</a>
      </p>
      {found >= 500 && (
        <p class="error-request">
          {t.errors.request} <code>{c.get("requestId")}</code>
        </p>
      )}
    </div>
  );
  return answer(c, view, { title, body, status });
};
