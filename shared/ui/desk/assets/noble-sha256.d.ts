/** What is used of the vendored SHA-256. */
export const sha256: {
  create(): { update(data: Uint8Array): unknown; digest(): Uint8Array };
};
