/** Every kind of fault has plain words, and none of zod's own comes through. */
import { deepEqual } from "node:assert/strict";
import { z } from "zod";
import { faultOf, sayFault } from "./field_faults.ts";

const wrong = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map((issue) => sayFault(faultOf(issue)));

Deno.test("[H3] what zod finds wrong is said in plain words", () => {
  const cases: [z.ZodType, unknown, string][] = [
    [z.string(), undefined, "is missing"],
    [z.string(), 7, "must be text"],
    [z.object({}), null, "must be an object"],
    [z.array(z.string()), {}, "must be a list"],
    [z.boolean(), "yes", "must be true or false"],
    [z.coerce.number(), "abc", "must be a number"],
    [z.number().int(), 1.5, "must be a whole number"],
    [z.coerce.number().min(1), "0", "must be at least 1"],
    [z.coerce.number().max(100), "500", "must be at most 100"],
    [z.array(z.string()).max(1), ["a", "b"], "takes at most 1 entries"],
    [z.string().trim().min(1), " ", "is empty"],
    [z.string().min(10), "short", "takes at least 10 characters"],
    [z.string().max(3), "long", "takes at most 3 characters"],
    [z.enum(["public", "unlisted", "private"]), "x", "must be public, unlisted or private"],
    [z.literal("1.0.0"), "2", "must be 1.0.0"],
    [z.email(), "ada", "is not an e-mail address"],
    [z.string().regex(/^a/), "b", "does not have the right form"],
    [z.union([z.string(), z.number()]), null, "does not have the right form"],
    [z.date(), "x", "has the wrong type"],
    [z.string().regex(/^a/, "starts with an a"), "b", "starts with an a"],
    [z.enum(["40", "80"], "wanted 40, 80"), "7", "wanted 40, 80"],
  ];
  for (const [schema, value, said] of cases) deepEqual(wrong(schema, value), [said]);
});
