/** A program that speaks to a node: JSON requests, accounts with random names, uploads. */
import { equal } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import type { DuplicateOf } from "../../domain/uploads.ts";
import type { OwnUser } from "../../domain/users.ts";

export interface Grant {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly user: OwnUser;
}

export const PASSWORD = "three old brown dogs";

/** What a request may say beside its path. */
export interface Ask {
  readonly method?: string;
  readonly token?: string;
  readonly cookie?: string;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Asks `base + path`; the body comes back as JSON where it is JSON, else as text. */
export async function ask<T = Record<string, unknown>>(
  base: string,
  path: string,
  { method, token, cookie, json, body, headers = {} }: Ask = {},
): Promise<Answer<T>> {
  const response = await fetch(base + path, {
    method: method ?? (json !== undefined || body !== undefined ? "POST" : "GET"),
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(cookie && { Cookie: cookie }),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    redirect: "manual",
    ...(json !== undefined ? { body: JSON.stringify(json) } : body !== undefined ? { body } : {}),
  });
  const text = await response.text();
  const isJson = text !== "" && /json/.test(response.headers.get("Content-Type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : text) as T,
  };
}

/** A username that no other test has. */
export const someName = (prefix = "user"): string => `${prefix}${crypto.randomUUID().slice(0, 8)}`;

/** Registers an account and signs it in. */
export async function register(base: string, username = someName()): Promise<Grant> {
  const json = { email: `${username}@example.org`, username, password: PASSWORD };
  const { status, body } = await ask<Grant>(base, "/api/v1/auth/register", { json });
  equal(status, 201, JSON.stringify(body));
  return body;
}

/** Signs an account in anew: its roles as they are now are in the answer. */
export async function signIn(base: string, username: string): Promise<Grant> {
  const json = { login: username, password: PASSWORD };
  const { status, body } = await ask<Grant>(base, "/api/v1/auth/login", { json });
  equal(status, 200, JSON.stringify(body));
  return body;
}

/** What `POST tracks` answers with. */
export interface Created {
  readonly track: Track;
  readonly upload: { readonly id: string; readonly trackId: string };
  readonly duplicateOf: DuplicateOf | null;
}

/** Uploads `bytes` as a multipart form; `fields` come before or after the file. */
export async function upload(
  base: string,
  token: string,
  bytes: Uint8Array<ArrayBuffer>,
  { name = "song.wav", fields = {}, fieldsFirst = true }: {
    name?: string;
    fields?: Record<string, string>;
    fieldsFirst?: boolean;
  } = {},
): Promise<Answer<Created>> {
  const form = new FormData();
  const put = () => Object.entries(fields).forEach(([key, value]) => form.set(key, value));
  if (fieldsFirst) put();
  form.set("file", new Blob([bytes]), name);
  if (!fieldsFirst) put();
  return await ask(base, "/api/v1/tracks", { token, body: form });
}

/** Waits until the track has come to one of `statuses`, or fails after `ms`. */
export async function waitForTrack(
  base: string,
  id: string,
  statuses: readonly Track["status"][],
  { token, cookie, ms = 30_000 }: { token?: string; cookie?: string; ms?: number } = {},
): Promise<Track> {
  const until = Date.now() + ms;
  while (true) {
    const { status, body } = await ask<Track>(base, `/api/v1/tracks/${id}`, {
      ...(token && { token }),
      ...(cookie && { cookie }),
    });
    if (status === 200 && statuses.includes(body.status)) return body;
    if (Date.now() > until) {
      throw new Error(`Track ${id} is ${JSON.stringify(body)} after ${ms} ms, wanted ${statuses}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
