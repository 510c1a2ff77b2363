/** The words of live streams in the page's language. */
import { type LiveWords, liveWords } from "../../domain/i18n/live_words.ts";
import { language } from "../shared/words.ts";

export const words = (): LiveWords => liveWords(language());
