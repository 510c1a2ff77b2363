/** A count with the noun in the number that its language wants: `1 play`, `1,204 plays`. */

/** For one language: `counted("fr")(0, "écoute", "écoutes")` is `0 écoute`. */
export function counted(language: string) {
  const figures = new Intl.NumberFormat(language);
  const rules = new Intl.PluralRules(language);
  return (count: number, one: string, other: string): string =>
    `${figures.format(count)} ${rules.select(count) === "one" ? one : other}`;
}
