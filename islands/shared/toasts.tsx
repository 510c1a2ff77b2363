/** Short notes at the edge of the page, each with at most one thing to do. */
import { signal } from "@preact/signals";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const toasts = signal<readonly Toast[]>([]);
const counter = { last: 0 };

/** How long a note without an action stays, in ms. */
const STAY = 5_000;

/** Shows a note; returns how to take it away. */
export function toast(
  text: string,
  options: { action?: Toast["action"]; stayMs?: number } = {},
): () => void {
  const id = ++counter.last;
  const close = () => (toasts.value = toasts.value.filter((one) => one.id !== id));
  toasts.value = [...toasts.value, { id, text, ...(options.action && { action: options.action }) }];
  setTimeout(close, options.stayMs ?? STAY);
  return close;
}

/** The notes; a live region, so that they are also heard. */
export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, action }) => (
        <div class="toast" key={id}>
          <span>{text}</span>
          {action && <button type="button" class="link" onClick={action.run}>{action.label}
          </button>}
        </div>
      ))}
    </div>
  );
}
