/** What carries messages about streams between nodes, as media needs it: a topic of the runtime. */
export interface Channel<Message> {
  publish(key: string, message: Message): void;
  subscribe(
    key: string,
    handler: (published: { readonly bytes: Uint8Array; readonly event: Message }) => void,
  ): { close(): void };
}
