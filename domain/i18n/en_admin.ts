/** English: the pages of those who run the site. */
import { counted } from "./counted.ts";

const n = counted("en");

export const enAdmin = {
  title: "Administration",
  sections: {
    overview: "Overview",
    runtime: "Runtime",
    jobs: "Jobs",
  },
  overview: {
    lead: "The site as it is now.",
    people: "People",
    peopleStates: {
      active: (count: number) => `${n(count, "account", "accounts")} in use`,
      pending: (count: number) => n(count, "account waits", "accounts wait"),
      banned: (count: number) => `${n(count, "account", "accounts")} banned`,
    },
    recordings: "Recordings",
    storage: "Originals",
    storageText: "Bytes of the files that people sent.",
    disk: (free: string, whole: string) => `${free} free of ${whole} on the disk of this node`,
    actors: "Actors",
    noActors: "None lives now. One starts with the next upload.",
    jobs: "Jobs",
    noJobs: "No job yet. Each upload makes one.",
    nodes: "Nodes",
    troubles: "Lately crashed",
    noTroubles: "Nothing has crashed since this node started.",
    asOf: (time: string) => `As of ${time}`,
  },
};
