/** English: setting a site up, its settings, who comes in, and the mails about it. */
import { counted } from "./counted.ts";

const n = counted("en");

/** What a mail about a registration can name. */
interface Told {
  /** Of the person it goes to. */
  readonly name: string;
  readonly site: string;
  /** What those who decided wrote; may be empty. */
  readonly word: string;
  /** Where one signs in. */
  readonly url: string;
}

export const enSite = {
  setup: {
    title: "Set up this site",
    welcome: "Yours now.",
    lead: "This link works once. It makes you the administrator, and the site is yours to name.",
    account: "Your account",
    accountText: "With it you run the site. Others can be made administrators later.",
    signedInAs: (username: string) => `@${username} becomes the administrator.`,
    site: "The site",
    finish: "Set up the site",
    endedTitle: "This link does not lead in",
    ended:
      "It was used, there is an administrator already, or the server was started again since. A site without an administrator prints a new link each time it starts.",
    toLogin: "Sign in",
  },
  settings: {
    lead: "What visitors see of the site, and who may join it.",
    name: "Name of the site",
    nameHelp: "Shown on every page, in the browser’s title, and in mails.",
    rules: "Rules",
    rulesHelp:
      "What you expect of people here. Shown at /rules, and linked below each page. Headings with #, lists with -, **bold**, *italic* and links as in Markdown.",
    legal: "Legal notice",
    legalHelp: "Who is responsible for this site. Shown at /legal, and linked below each page.",
    registration: "Who can join",
    modes: {
      open: "Everyone",
      approval: "Everyone, after approval",
      invite: "Those who are invited",
      closed: "Nobody new",
    },
    modesHelp: {
      open: "An account can be used at once.",
      approval: "They say why they would like to join, and an administrator decides.",
      invite: "Administrators and moderators make links that let people in.",
      closed: "Invitations do not count either. Who has an account keeps it.",
    },
    fixed: (mode: string) =>
      `The server’s setting REGISTRATION=${mode} decides. What is chosen here counts once that is taken away.`,
    save: "Save",
    saved: "Saved. Every page shows it now.",
    logo: "Logo",
    logoAlt: (site: string) => `Logo of ${site}`,
    logoHelp: "JPEG, PNG, WebP or GIF, up to 10 MB. It is cut to a square.",
    logoLater: "It can be set later, too.",
    logoNone: "There is no logo yet: the name stands in its place.",
    logoSet: "Set the logo",
    logoRemove: "Remove the logo",
  },
  registrations: {
    lead: "People who asked for an account and wait for an answer, the longest wait first.",
    empty: "Nobody waits.",
    emptyText: (mode: string) => `Who can join now: ${mode}`,
    change: "Change who can join",
    select: (name: string) => `Choose ${name}`,
    reason: "Reason",
    noReason: "No reason was given.",
    asked: (date: string) => `Asked: ${date}`,
    word: "A word to them",
    wordHelp:
      "Goes into the e-mail with your answer, which is laid into DATA_DIR/outbox for you to send on. May be left empty.",
    approve: "Let in",
    refuse: "Refuse",
    approveOne: (name: string) => `Let in ${name}`,
    refuseOne: (name: string) => `Refuse ${name}`,
    chosen: "Those chosen",
    refuseNote: "Who is refused loses the account; name and address are free again.",
    none: "Choose at least one first.",
    approved: (count: number) => `${n(count, "account", "accounts")} can be used now.`,
    refused: (count: number) => `${n(count, "request was", "requests were")} refused.`,
    more: "Those who came later",
  },
  invites: {
    lead: "A link lets people join without waiting. Give it only to those you mean.",
    note: "For whom",
    noteHelp: "Only you who run the site see this.",
    uses: "How many accounts",
    days: "Days until it ends",
    make: "Make a link",
    made: "This is the link. It is shown only now: copy it.",
    link: "Link",
    dormant: "Nobody can join at present, so invitations do not count until that is changed.",
    empty: "No invitations have been made yet.",
    list: "Made so far",
    used: (uses: number, most: number) => `${uses} of ${most} used`,
    by: (username: string) => `by @${username}`,
    ends: (date: string) => `ends ${date}`,
    states: { open: "Open", used: "Used up", ended: "Ended", revoked: "Taken back" },
    unnamed: "Without a note",
    revoke: "Take back",
    revokeTitle: (what: string) => `Take back the invitation: ${what}`,
    revoked: "The link does not let anyone in any more.",
    more: "Older invitations",
  },
  register: {
    reason: "Why would you like to join?",
    reasonHelp: "A sentence or two for the people who run this site.",
    invited: "You are invited.",
    inviteEnded: "This invitation has been used up or has ended. Ask for a new one.",
    waitingTitle: "Your account waits for approval",
    waiting:
      "The people who run this site look at each request. You can sign in once they have let you in, with what you have just entered.",
    byRegistering: "By creating an account you agree to the rules of this site:",
  },
  foot: {
    label: "About this site",
    rules: "Rules",
    legal: "Legal notice",
    software: "Runs on",
  },
  mails: {
    approved: {
      subject: ({ site }: Told) => `${site}: your account can be used`,
      text: ({ name, site, word, url }: Told) =>
        [
          `Hello ${name},`,
          `your request for an account at ${site} was approved. Sign in here:\n${url}`,
          ...(word ? [`They write:\n${word}`] : []),
        ].join("\n\n") + "\n",
    },
    refused: {
      subject: ({ site }: Told) => `${site}: your request`,
      text: ({ name, site, word }: Told) =>
        [
          `Hello ${name},`,
          `your request for an account at ${site} was not approved. What you entered has been deleted.`,
          ...(word ? [`They write:\n${word}`] : []),
        ].join("\n\n") + "\n",
    },
  },
};
