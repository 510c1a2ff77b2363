/** French: the pages of those who run the site. */
import { counted } from "./counted.ts";
import type { Dictionary } from "./dictionary.ts";

const n = counted("fr");

export const frAdmin: Dictionary["admin"] = {
  title: "Administration",
  sections: {
    overview: "Vue d’ensemble",
    runtime: "Exécution",
    jobs: "Tâches",
  },
  overview: {
    lead: "Le site tel qu’il est maintenant.",
    people: "Personnes",
    peopleStates: {
      active: (count: number) => `${n(count, "compte actif", "comptes actifs")}`,
      pending: (count: number) => n(count, "compte en attente", "comptes en attente"),
      banned: (count: number) => n(count, "compte exclu", "comptes exclus"),
    },
    recordings: "Enregistrements",
    storage: "Originaux",
    storageText: "Octets des fichiers envoyés.",
    disk: (free: string, whole: string) => `${free} libres sur ${whole}, disque de ce nœud`,
    actors: "Acteurs",
    noActors: "Aucun ne vit en ce moment. Le prochain envoi en fera naître un.",
    jobs: "Tâches",
    noJobs: "Pas encore de tâche. Chaque envoi en crée une.",
    nodes: "Nœuds",
    troubles: "Plantages récents",
    noTroubles: "Rien n’a planté depuis le démarrage de ce nœud.",
    asOf: (time: string) => `À ${time}`,
  },
};
