// What browsers have, and Node 18 (Debian 12's) keeps in modules of its own.
import { File } from 'node:buffer';
import { webcrypto } from 'node:crypto';

globalThis.File ??= /** @type {any} */ (File);
globalThis.crypto ??= /** @type {any} */ (webcrypto);
