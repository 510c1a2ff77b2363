/** The fields of a new account, in registration and in the set-up alike. */
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Field } from "./parts.tsx";

interface Props {
  readonly view: View;
  readonly form: FormState;
}

export function EmailField({ view: { t }, form }: Props) {
  return (
    <Field
      name="email"
      type="email"
      label={t.account.email}
      value={form.values.email}
      error={form.errors.email}
      autocomplete="email"
      required
    />
  );
}

export function UsernameField({ view: { t }, form }: Props) {
  return (
    <Field
      name="username"
      label={t.account.username}
      value={form.values.username}
      help={t.account.usernameHelp}
      error={form.errors.username}
      autocomplete="username"
      maxlength={30}
      required
    />
  );
}

export function NewPasswordField({ view: { t }, form }: Props) {
  return (
    <Field
      name="password"
      type="password"
      label={t.account.password}
      help={t.account.passwordHelp}
      error={form.errors.password}
      autocomplete="new-password"
      required
    />
  );
}
