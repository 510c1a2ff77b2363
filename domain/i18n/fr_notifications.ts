/** Français : ce dont on est averti, et les pages qui en parlent. */
import type { Dictionary } from "./dictionary.ts";
import { counted } from "./counted.ts";

const n = counted("fr");

export const frNotifications: Dictionary["notifications"] = {
  title: "Notifications",
  bell: (count: number) => count === 0 ? "" : n(count, "non lue", "non lues"),
  lead: "Ce que deviennent vos enregistrements, et qui parle de vous. Le tout reste ici 90 jours.",
  filters: "Quelles notifications",
  everything: "Toutes",
  unread: "Non lues",
  empty:
    "Ici, on vous dit quand un de vos enregistrements est prêt, ou pourquoi il n’a pas pu être préparé, et quand quelqu’un parle de vous dans un salon.",
  emptyAct: "Envoyer un enregistrement",
  nothingUnread: "Vous avez tout lu.",
  markAll: "Tout marquer comme lu",
  showAll: "Toutes les notifications",
  choose: "Choisir ce qu’on vous dit",
  more: "Notifications plus anciennes",
  close: "Fermer",
  play: "Écouter",
  open: "Ouvrir",
  remove: (text: string) => `Supprimer la notification : ${text}`,
  removed: "La notification sera supprimée dans dix secondes.",
  loading: "Chargement",
  failed: "Vos notifications ne peuvent pas être affichées pour l’instant. Elles sont conservées.",
  retry: "Réessayer",
  settings: "Notifications",
  settingsText: "Ce qui fait sonner la cloche. Cela vaut pour ce qui arrive désormais.",
  kinds: {
    "track-ready": {
      text: (title: string) => `« ${title} » est prêt`,
      choice: "Un de mes enregistrements est prêt",
      help: "Il est préparé et s’écoute en pleine qualité.",
    },
    "track-failed": {
      text: (title: string) => `« ${title} » n’a pas pu être préparé`,
      choice: "Un de mes enregistrements n’a pas pu être préparé",
      help: "Avec la raison, et ce que vous pouvez faire.",
    },
    "mentioned": {
      text: (by: string, room: string) =>
        room ? `${by} parle de vous dans ${room}` : `${by} parle de vous`,
      choice: "Quelqu’un parle de moi",
      help:
        "Dans un message, avec @ et votre nom d’utilisateur, dans un salon que vous pouvez lire.",
    },
    "registration-waiting": {
      text: (name: string) => `${name} demande à entrer`,
      choice: "Quelqu’un demande à entrer",
      help: "Un nouveau compte attend la décision d’un administrateur.",
    },
  },
};
