/** Whose fence it is: of the life that met it, or of one that only called such a life (A12). */
import { isRejection, Rejection } from "../../domain/errors.ts";

const heard = new WeakSet<Rejection>();

/** Whether the database has refused this very life, which then holds what is no longer true. */
export const isOwnFence = (error: unknown): boolean =>
  isRejection(error, "fenced") && !heard.has(error);

/**
 * A refusal as callers are to have it. A fence becomes news: an actor that lets it pass through has
 * been refused something, and need not end for it.
 */
export function asHeard(refusal: Rejection): Rejection {
  if (refusal.code !== "fenced") return refusal;
  const news = Rejection.from(refusal.toJSON()); // the store may throw the same object again
  heard.add(news);
  return news;
}
