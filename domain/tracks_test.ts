import { equal } from "node:assert/strict";
import { GUEST, type Viewer } from "./auth.ts";
import { mayDelete, mayEdit, maySee, titleFromFilename } from "./tracks.ts";

const user = (userId: string, role: "user" | "moderator" = "user"): Viewer => ({
  kind: "user",
  userId,
  username: userId,
  roles: [role],
  sessionId: "s",
  via: "cookie",
});

Deno.test("[S4] a private track is there for its owner and moderators alone", () => {
  const track = { creatorId: "anna", visibility: "private" } as const;
  equal(maySee(GUEST, track), false);
  equal(maySee(user("ben"), track), false);
  equal(maySee(user("anna"), track), true);
  equal(maySee(user("mia", "moderator"), track), true);
  equal(maySee(GUEST, { ...track, visibility: "unlisted" }), true);
});

Deno.test("[S4] the owner edits and deletes; a moderator deletes; others neither", () => {
  const track = { creatorId: "anna", visibility: "public" } as const;
  equal(mayEdit(user("anna"), track) && mayDelete(user("anna"), track), true);
  equal(mayEdit(user("mia", "moderator"), track), false);
  equal(mayDelete(user("mia", "moderator"), track), true);
  equal(mayEdit(user("ben"), track) || mayDelete(user("ben"), track), false);
  equal(mayDelete(GUEST, track), false);
});

Deno.test("[A17] a title from a file name has no path and no ending, and is never empty", () => {
  equal(titleFromFilename("My_Song.final.mp3"), "My Song.final");
  equal(titleFromFilename("../../etc/passwd"), "passwd");
  equal(titleFromFilename("C:\\music\\a.wav"), "a");
  equal(titleFromFilename(".mp3"), "Untitled");
  equal(titleFromFilename(""), "Untitled");
  equal(titleFromFilename("a\u0000b\n.wav"), "ab");
});
