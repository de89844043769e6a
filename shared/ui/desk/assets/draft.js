/**
 * What was typed and not saved, kept in this browser so that a crash or a lost connection
 * takes nothing.
 * @typedef {object} Draft
 * @property {number} at in milliseconds
 * @property {number} version of the notice that it was begun from; 0 for a new one
 * @property {Record<string, string>} boxes what the boxes say, by name
 * @property {import('./transfer.js').Upload[]} attachments
 */

/** How long a draft is kept, in milliseconds: a month. */
const life = 30 * 24 * 60 * 60 * 1000;

/** The draft of one notice of one member. */
export class Drafts {
  /**
   * @param {Storage} storage
   * @param {string} member
   * @param {string} notice its id, or 'new'
   */
  constructor(storage, member, notice) {
    this.storage = storage;
    this.prefix = `madang-draft-${member}-`;
    this.name = this.prefix + notice;
  }

  /**
   * @param {Draft} draft
   * @returns {boolean} whether there was room
   */
  keep(draft) {
    try {
      this.storage.setItem(this.name, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  /** @param {number} now @returns {Draft | null} */
  find(now) {
    try {
      const draft = JSON.parse(this.storage.getItem(this.name) ?? 'null');
      return draft && draft.at + life > now ? draft : null;
    } catch {
      return null;
    }
  }

  drop() {
    try {
      this.storage.removeItem(this.name);
    } catch {
      // a browser without storage keeps none
    }
  }
}
