/** Page forms: read by the domain's schemas; what is refused comes back at its field. */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { ERRORS, isRejection, Rejection } from "../../domain/errors.ts";
import { type Fault, faultOf } from "../../domain/field_faults.ts";
import { MARKS_MOST, NESTED_MOST } from "../../domain/markdown_depth.ts";
import type { AppEnv } from "../env.ts";
import { causeOf } from "../cause.ts";
import { sayRejection } from "./parts.tsx";
import type { RequestMeta } from "./site.ts";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

/** What a form shows when it comes back: what was typed, and what is wrong with it. */
export interface FormState {
  readonly values: Readonly<Record<string, string>>;
  /** By field name. */
  readonly errors: Readonly<Record<string, string>>;
  /** About the whole form. */
  readonly problem?: string;
}

export const BLANK: FormState = { values: {}, errors: {} };

/** Fields never sent back into the page. */
const SECRET = new Set(["password", "currentPassword", "newPassword"]);
/** Page forms are small; uploads do not come this way. */
const FORM_MAX = 64 * 1024;

/** Counts the body while it is read, announced or not. */
const formBound = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new Rejection("too_large");
    },
  });

/** The fields of an urlencoded body; the last of a name wins. */
export async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  return Object.fromEntries(await readFields(c));
}

/** The same with all of a name, as check boxes send them. `most` bytes are taken. */
export async function readFields(c: Context<AppEnv>, most = FORM_MAX): Promise<URLSearchParams> {
  await formBound(most)(c, () => Promise.resolve());
  return new URLSearchParams(await c.req.text());
}

/** The form as it comes back after a refusal at `fields`. */
export const refusedForm = (
  values: Record<string, string>,
  errors: Record<string, string>,
  problem: string,
): FormState => ({
  values: Object.fromEntries(Object.entries(values).filter(([name]) => !SECRET.has(name))),
  errors,
  problem,
});

/** Codes that say themselves what is wrong with the field they name. */
const OF_A_FIELD: ReadonlySet<Rejection["code"]> = new Set<Rejection["code"]>([
  ...["weak_password", "wrong_password"] as const,
]);

/** What is wrong with the field `name`, as a sentence in the page's language. */
function sayField({ t }: View, name: string, fault: Fault | undefined): string {
  switch (fault?.kind) {
    case "missing":
    case "empty":
      return t.fields.empty;
    case "email":
      return t.fields.email;
    case "taken":
      return name === "email" ? t.problems.email_taken : t.problems.username_taken;
    case "deep":
      return t.fields.deep(NESTED_MOST, MARKS_MOST);
    case "short":
      return t.fields.short(fault.bound);
    case "long":
      return t.fields.long(fault.bound);
    default:
      return name === "username" ? t.fields.username : t.fields.wrong;
  }
}

/** Parses `values`; returns what the schema made of them, or the form to show again. */
export function parseForm<S extends z.ZodType>(
  view: View,
  schema: S,
  values: Record<string, unknown>,
  typed: Record<string, string>,
): { ok: true; data: z.output<S> } | { ok: false; form: FormState } {
  const parsed = schema.safeParse(values);
  if (parsed.success) return { ok: true, data: parsed.data };
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0] ?? "");
    errors[name] ??= sayField(view, name, faultOf(issue));
  }
  return { ok: false, form: refusedForm(typed, errors, view.t.account.check) };
}

/** The form for a rejection; anything else is thrown on. */
export function rejectedForm(
  view: View,
  error: unknown,
  typed: Record<string, string>,
): { form: FormState; rejection: Rejection } {
  if (!isRejection(error)) throw error;
  const errors: Record<string, string> = {};
  for (const { path, fault } of error.errors ?? []) errors[path] ??= sayField(view, path, fault);
  const field = OF_A_FIELD.has(error.code) ? error.errors?.[0]?.path : undefined;
  const said = sayRejection(view, error);
  if (field) errors[field] = said;
  const whole = Object.keys(errors).length > 0 ? view.t.account.check : said;
  return { form: refusedForm(typed, errors, whole), rejection: error };
}

const STATUSES = [400, 401, 403, 409, 413, 415, 422, 429, 503] as const;

/** The status of a page that shows a refusal. */
export const formStatus = ({ code }: Rejection): Content["status"] =>
  STATUSES.find((status) => status === ERRORS[code].status) ?? 500;

/** Where a request came from. */
export const metaOf = (c: Context<AppEnv>): RequestMeta => ({
  address: c.get("address"),
  cause: causeOf(c),
});

/** A path of this site to go on to; anything else becomes `fallback` (no open redirect). */
export function nextPath(asked: string | undefined, fallback: string): string {
  if (!asked?.startsWith("/")) return fallback;
  const base = "http://veza.invalid";
  const url = URL.parse(asked, base);
  // "/.//host" is of this origin, but as a redirect "//host" would not be
  if (url?.origin !== base || url.pathname.startsWith("//")) return fallback;
  return url.pathname + url.search;
}
