/** Addresses to take along, each with its button to copy. */
import { Icon } from "../icons.tsx";
import { announce } from "../shared/announce.ts";
import { toast } from "../shared/toasts.tsx";
import { words } from "./words.ts";

export interface Address {
  readonly label: string;
  readonly text: string;
  /** Shown as dots until it is asked for. */
  readonly isHidden?: boolean;
}

/** Without a secure context there is no clipboard: then the text is chosen, to be copied by hand. */
async function copy(text: string, field: HTMLInputElement | null): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    toast(words().page.copied);
    return announce(words().page.copied);
  }
  field?.focus();
  field?.select();
}

export function AddressList({ addresses }: { addresses: readonly Address[] }) {
  const { page } = words();
  return (
    <dl class="addresses">
      {addresses.map(({ label, text, isHidden }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <input
              class="address"
              readOnly
              aria-label={label}
              type={(isHidden ? "password" : "text") as "text"}
              autocomplete="off"
              value={text}
            />
            <button
              type="button"
              class="key needs-script"
              aria-label={page.copy(label)}
              title={page.copy(label)}
              onClick={(event) =>
                void copy(text, event.currentTarget.parentElement?.querySelector("input") ?? null)}
            >
              <Icon name="copy" />
            </button>
          </dd>
        </div>
      ))}
    </dl>
  );
}
