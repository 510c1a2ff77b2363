/** Pure: text of strangers, such as a file's tags, made fit to be shown, written and passed on. */

/**
 * One line of at most `max` characters (code points): well-formed Unicode in form C, without
 * control characters and without those that turn the direction of the text around it. It stays
 * text: whoever puts it into HTML, SQL or a path still escapes it there.
 */
export function cleanText(text: string, max: number): string {
  // Cut before any work: a tag may hold megabytes. A code point has two units, plus combining ones.
  const plain = text.slice(0, max * 8).toWellFormed().normalize("NFC")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "")
    .trim();
  return [...plain].slice(0, max).join("").trimEnd();
}
