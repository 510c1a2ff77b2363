/** What the browser tests of rooms share: rooms made, messages read and written, as people do. */
import type { Page } from "npm:playwright-core@1.65.1";
import { open, register, type Stand, type Visit, visit, type VisitOptions } from "./support.ts";

/** A person in a browser of their own. */
export interface Person extends Visit {
  readonly username: string;
  readonly id: string;
}

/** Asks the REST interface as who looks at the page. */
export const api = <T = Record<string, unknown>>(
  page: Page,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> =>
  page.evaluate(async ([method, path, json]) => {
    const response = await fetch(path, {
      method,
      ...(json && { body: json, headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  }, [method, `/api/v1${path}`, body === undefined ? "" : JSON.stringify(body)] as const);

export async function person(site: Stand, name: string, options?: VisitOptions): Promise<Person> {
  const visited = await visit(site, options);
  const username = await register(visited.page, name);
  const { body } = await api<{ id: string }>(visited.page, "GET", "/users/me");
  return { ...visited, username, id: body.id };
}

/** Makes a room; its path. */
export async function makeRoom(page: Page, room: object): Promise<string> {
  const { body } = await api<{ id: string }>(page, "POST", "/rooms", room);
  return `/rooms/${body.id}`;
}

/** Opens a room, and waits until it is followed live. */
export async function enter(page: Page, path: string): Promise<void> {
  await open(page, path);
  await page.waitForSelector(".room-keys");
  await page.waitForFunction(() => /here now|présent/.test(document.body.innerText));
}

/** Writes and sends. */
export async function say(page: Page, text: string): Promise<void> {
  await page.fill("#write", text);
  await page.press("#write", "Enter");
}

/** The row of the message that says `text`. */
export const row = (page: Page, text: string) =>
  page.locator(".message[id]").filter({
    has: page.locator(".said").getByText(text, { exact: true }),
  });

/** Presses one of the acts of a message. */
export async function act(page: Page, text: string, label: string): Promise<void> {
  await row(page, text).hover();
  await row(page, text).getByRole("button", { name: label, exact: true }).click();
}

/** What the log shows, message by message. */
export const texts = (page: Page): Promise<string[]> =>
  page.locator(".message .said").allInnerTexts();
