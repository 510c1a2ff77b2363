/** The `ilike` pattern of what has `word` anywhere in it; the word's own signs mean themselves. */
export const likePattern = (word: string): string => `%${word.replace(/[\\%_]/g, "\\$&")}%`;
