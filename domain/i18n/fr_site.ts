/** Français : la mise en place d’un site, ses réglages, qui entre, et les courriels à ce sujet. */
import { counted } from "./counted.ts";
import type { SiteWords } from "./site_dictionary.ts";

const n = counted("fr");

export const frSite: SiteWords = {
  setup: {
    title: "Mettre ce site en place",
    welcome: "À vous.",
    lead:
      "Ce lien ne sert qu’une fois. Il fait de vous l’administrateur, et le site prend le nom que vous lui donnez.",
    account: "Votre compte",
    accountText: "Avec lui vous tenez le site. D’autres pourront le tenir avec vous plus tard.",
    signedInAs: (username) => `@${username} devient l’administrateur.`,
    site: "Le site",
    finish: "Mettre le site en place",
    endedTitle: "Ce lien ne mène plus nulle part",
    ended:
      "Il a servi, il y a déjà un administrateur, ou le serveur a redémarré depuis. Un site sans administrateur affiche un nouveau lien à chaque démarrage.",
    toLogin: "Se connecter",
  },
  settings: {
    lead: "Ce que l’on voit du site, et qui peut le rejoindre.",
    name: "Nom du site",
    nameHelp: "Sur chaque page, dans le titre du navigateur et dans les courriels.",
    rules: "Règles",
    rulesHelp:
      "Ce que vous attendez des personnes ici. À l’adresse /rules, avec un lien au bas de chaque page. Titres avec #, listes avec -, **gras**, *italique* et liens comme en Markdown.",
    legal: "Mentions légales",
    legalHelp:
      "Qui est responsable de ce site. À l’adresse /legal, avec un lien au bas de chaque page.",
    registration: "Qui peut rejoindre le site",
    modes: {
      open: "Tout le monde",
      approval: "Tout le monde, après accord",
      invite: "Les personnes invitées",
      closed: "Personne de nouveau",
    },
    modesHelp: {
      open: "Un compte sert aussitôt.",
      approval: "Chacun dit pourquoi il voudrait venir, et un administrateur décide.",
      invite: "Administrateurs et modérateurs font des liens qui ouvrent la porte.",
      closed: "Les invitations ne comptent pas non plus. Qui a un compte le garde.",
    },
    fixed: (mode) =>
      `Le réglage REGISTRATION=${mode} du serveur décide. Le choix fait ici comptera quand il sera retiré.`,
    save: "Enregistrer",
    saved: "Enregistré. Toutes les pages le montrent.",
    logo: "Logo",
    logoAlt: (site) => `Logo de ${site}`,
    logoHelp: "JPEG, PNG, WebP ou GIF, 10 Mo au plus. L’image est coupée en carré.",
    logoLater: "On peut aussi le choisir plus tard.",
    logoNone: "Il n’y a pas encore de logo : le nom tient sa place.",
    logoSet: "Choisir ce logo",
    logoRemove: "Enlever le logo",
  },
  registrations: {
    lead:
      "Les personnes qui ont demandé un compte et attendent une réponse, les plus anciennes d’abord.",
    empty: "Personne n’attend.",
    emptyText: (mode) => `Qui peut rejoindre le site à présent : ${mode}`,
    change: "Changer qui peut rejoindre le site",
    select: (name) => `Choisir ${name}`,
    reason: "Raison",
    noReason: "Aucune raison n’a été donnée.",
    asked: (date) => `Demande : ${date}`,
    word: "Un mot pour ces personnes",
    wordHelp:
      "Dans le courriel, avec votre réponse ; il est déposé dans DATA_DIR/outbox, d’où vous l’envoyez. Peut rester vide.",
    approve: "Accepter",
    refuse: "Refuser",
    approveOne: (name) => `Accepter ${name}`,
    refuseOne: (name) => `Refuser ${name}`,
    chosen: "Les personnes choisies",
    refuseNote: "Une demande refusée efface le compte ; le nom et l’adresse redeviennent libres.",
    none: "Choisissez d’abord au moins une personne.",
    approved: (count) =>
      count < 2 ? `${count} compte peut servir.` : `${count} comptes peuvent servir.`,
    refused: (count) => `${n(count, "demande refusée", "demandes refusées")}.`,
    more: "Les demandes plus récentes",
  },
  invites: {
    lead: "Un lien fait entrer sans attendre. Ne le donnez qu’à celles et ceux à qui vous pensez.",
    note: "Pour qui",
    noteHelp: "Seuls ceux qui tiennent le site le voient.",
    uses: "Nombre de comptes",
    days: "Jours avant la fin",
    make: "Faire un lien",
    made: "Voici le lien. Il n’est montré que maintenant : copiez-le.",
    link: "Lien",
    dormant:
      "Personne ne peut rejoindre le site à présent : les invitations ne comptent pas tant que cela dure.",
    empty: "Aucune invitation n’a encore été faite.",
    list: "Faites jusqu’ici",
    used: (uses, most) => `${uses} sur ${most}`,
    by: (username) => `par @${username}`,
    ends: (date) => `fin ${date}`,
    states: { open: "Ouverte", used: "Épuisée", ended: "Finie", revoked: "Reprise" },
    unnamed: "Sans note",
    revoke: "Reprendre",
    revokeTitle: (what) => `Reprendre l’invitation : ${what}`,
    revoked: "Le lien n’ouvre plus à personne.",
    more: "Invitations plus anciennes",
  },
  register: {
    reason: "Pourquoi voudriez-vous venir ?",
    reasonHelp: "Une phrase ou deux pour ceux qui tiennent ce site.",
    invited: "Vous êtes invité.",
    inviteEnded: "Cette invitation est épuisée ou a expiré. Demandez-en une autre.",
    waitingTitle: "Votre compte attend un accord",
    waiting:
      "Ceux qui tiennent ce site regardent chaque demande. Vous pourrez vous connecter dès qu’ils vous auront accepté, avec ce que vous venez de saisir.",
    byRegistering: "En créant un compte, vous acceptez les règles de ce site :",
  },
  foot: {
    label: "À propos de ce site",
    rules: "Règles",
    legal: "Mentions légales",
    software: "Fait avec",
  },
  mails: {
    approved: {
      subject: ({ site }) => `${site} : votre compte est prêt`,
      text: ({ name, site, word, url }) =>
        [
          `Bonjour ${name},`,
          `votre demande de compte sur ${site} a été acceptée. Connectez-vous ici :\n${url}`,
          ...(word ? [`Un mot pour vous :\n${word}`] : []),
        ].join("\n\n") + "\n",
    },
    refused: {
      subject: ({ site }) => `${site} : votre demande`,
      text: ({ name, site, word }) =>
        [
          `Bonjour ${name},`,
          `votre demande de compte sur ${site} n’a pas été acceptée. Ce que vous aviez saisi a été effacé.`,
          ...(word ? [`Un mot pour vous :\n${word}`] : []),
        ].join("\n\n") + "\n",
    },
  },
};
