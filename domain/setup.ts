/** What the first administrator says of themselves when a site is set up. */
import { z } from "zod";
import { Email, Password, Username } from "./auth.ts";

export const SetupAccount = z.strictObject({
  email: Email,
  username: Username,
  password: Password,
});
export type SetupAccount = z.infer<typeof SetupAccount>;
