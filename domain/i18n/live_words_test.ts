/** The words of live streams, in both languages. */
import { checkSpaces, checkWords } from "../../tests/support/words.ts";
import { enLive } from "./en_live.ts";
import { frLive } from "./fr_live.ts";

Deno.test("[W6] live has the same words in both languages, none empty, none shouted", () => {
  checkWords(enLive, frLive);
  checkSpaces(frLive);
});
