/** The artists of the demo; all of them are invented. */

export interface Person {
  readonly username: string;
  readonly displayName: string;
  readonly bio: string;
}

/** In the order in which they take their turns with the tracks. */
export const PEOPLE: readonly Person[] = [
  {
    username: "wilga",
    displayName: "Tomasz Wilga",
    bio: "Techno i house z Łodzi. Jedna maszyna, dwa filtry, żadnych planów na niedzielę.",
  },
  {
    username: "maren",
    displayName: "Maren Oksvik",
    bio: "Lager lange lyder i et lite naust ved Nordfjorden. Field recordings, synths, weather.",
  },
  {
    username: "tanemori",
    displayName: "種森 あいこ",
    bio: "深夜のローファイ。レコードの埃まで録音します。 Beats for the last train home.",
  },
  {
    username: "lucienne",
    displayName: "Lucienne Abadie",
    bio: "Mandoline, guitare et valses de cuisine. J'enregistre chez moi, fenêtre ouverte.",
  },
  {
    username: "okorie_vale",
    displayName: "Okorie-Vale Sound",
    bio:
      "Dub from a garden shed: spring reverb, tape echo, and a bass bin the neighbours know well.",
  },
  {
    username: "beabits",
    displayName: "Bea Salgueiro",
    bio: "Quatro canais chegam. Chiptune do Porto, feito num computador mais velho do que eu.",
  },
  {
    username: "valdombra",
    displayName: "Coro di Valdombra",
    bio: "Siamo dodici voci di montagna. Cantiamo il giovedì sera, e ogni tanto qualcuno registra.",
  },
  {
    username: "halftone",
    displayName: "Halftone",
    bio: "Zwei aus Leipzig, 172 Schläge in der Minute. Breaks, Subs und ein wenig Himmel darüber.",
  },
];
