/** Requests to our own REST interface, with its problems as errors that a person can read. */
import type { ErrorCode } from "../../domain/errors.ts";
import { language, t } from "./words.ts";

/** An answer of the server that is not what was asked for (H3). */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly errors: readonly { path: string; message: string }[] = [],
  ) {
    super(detail);
  }
}

interface ProblemBody {
  code?: ErrorCode;
  detail?: string;
  errors?: { path: string; message: string }[];
}

/** The sentence for a code: in English the server's own, which knows more. */
export const sayProblem = (code: ErrorCode, detail?: string): string =>
  language() === "en" && detail ? detail : t().problems[code];

/** Reads a problem+json body; anything else becomes `internal`. */
export function toProblem(text: string): Problem {
  try {
    const body: ProblemBody = JSON.parse(text);
    const code = body.code && body.code in t().problems ? body.code : "internal";
    return new Problem(code, sayProblem(code, body.detail), body.errors);
  } catch {
    return new Problem("internal", t().problems.internal); // a proxy's page, not our JSON
  }
}

/** Fetches JSON; throws a {@linkcode Problem} for anything but success. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, {
    ...init,
    headers: {
      accept: "application/json",
      ...(typeof init.body === "string" && { "content-type": "application/json" }),
      ...init.headers,
    },
  }).catch(() => {
    throw new Problem("unavailable", t().upload.brokeOff);
  });
  if (!response.ok) throw toProblem(await response.text());
  return response.status === 204 ? undefined as T : await response.json();
}
