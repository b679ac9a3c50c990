// Looks for secrets in whatever was recorded: any 16 characters in a row count, in every usual writing.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** Anything that looks like one of our keys, whosever it is. */
export const KEY = /sk_(?:live|test)_[0-9A-Za-z]{40}/g;

const LENGTH = 16;
const each = (text, write) => [...Buffer.from(text)].map(write).join('');

// The middle of a base64 text that does not depend on what stands before and after.
function base64(text, offset) {
  const whole = Buffer.from('\0'.repeat(offset) + text).toString('base64').replace(/=+$/, '');
  return whole.slice(Math.ceil(offset * 4 / 3), (text.length + offset) % 3 === 0 ? undefined : -1);
}

const WRITINGS = {
  base64: text => [0, 1, 2].map(offset => base64(text, offset)),
  hex: text => [each(text, b => b.toString(16)), each(text, b => b.toString(16).toUpperCase())],
  'hex, parted': text => [' ', ':', ', ', ',0x', ', 0x'].map(gap => [...Buffer.from(text)].map(b => b.toString(16)).join(gap)),
  percent: text => [each(text, b => `%${b.toString(16)}`), each(text, b => `%${b.toString(16).toUpperCase()}`), each(text, b => `%25${b.toString(16)}`)],
  escapes: text => [each(text, b => `\\u00${b.toString(16)}`), each(text, b => `\\\\u00${b.toString(16)}`), each(text, b => `\\x${b.toString(16)}`), each(text, b => `\\${b.toString(8)}`)],
  entities: text => [each(text, b => `&#${b};`), each(text, b => `&#x${b.toString(16)};`)],
  'UTF-16': text => [Buffer.from(text, 'utf16le').toString('latin1').slice(0, -1)],
  codes: text => [',', ', '].map(gap => [...Buffer.from(text)].join(gap)),
  reversed: text => [[...text].reverse().join('')],
};

/** A secret as a set of needles. `what` names it in messages, which never hold the secret itself. */
export class Needles {
  #plain = [];
  #lower = [];
  #written = [];
  constructor(secret, what) {
    this.what = what;
    const body = secret.replace(/^sk_(live|test)_/, '');
    if (body.length < LENGTH) throw new Error(`${what} is too short for a secret`);
    for (let at = 0; at + LENGTH <= body.length; at++) {
      this.#plain.push(body.slice(at, at + LENGTH));
      this.#lower.push(body.slice(at, at + LENGTH).toLowerCase());
    }
    for (let at = 0; at + LENGTH <= body.length; at += 4) {
      const part = body.slice(at, at + LENGTH);
      for (const [name, write] of Object.entries(WRITINGS)) for (const text of write(part)) this.#written.push([name, text]);
    }
    for (const whole of [secret, body]) {
      const hash = createHash('sha256').update(whole).digest();
      this.hashes = [...(this.hashes ?? []), hash.toString('hex'), hash.toString('base64').replace(/=+$/, '')];
    }
  }
  /**
   * In which writing the secret stands in `bytes` (a Buffer or text), or null. `hashes` looks for its SHA-256, too;
   * `deep` takes the text apart, for answers of servers that hide it on purpose.
   */
  find(bytes, { hashes = false, deep = false } = {}) {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    if (this.#plain.some(part => text.includes(part))) return 'as it is';
    const lower = text.toLowerCase();
    if (this.#lower.some(part => lower.includes(part))) return 'in other case';
    const found = this.#written.find(([, part]) => text.includes(part));
    if (found) return found[0];
    if (hashes && this.hashes.some(hash => text.includes(hash))) return 'hashed';
    return deep && layers(text).some(layer => this.#lower.some(part => layer.includes(part))) ? 'hidden' : null;
  }
}

const code = (digits, base) => String.fromCharCode(parseInt(digits, base) & 0xff);
const unescaped = text => text
  .replace(/\\+u([0-9a-f]{4})|\\+x([0-9a-f]{2})|%([0-9a-f]{2})|=([0-9a-f]{2})|&#x0*([0-9a-f]{2});?/gi, (_, ...groups) => code(groups.slice(0, 5).find(Boolean), 16))
  .replace(/&#0*(\d{2,3});?/g, (_, digits) => code(digits, 10))
  .replace(/\\+([0-7]{3})/g, (_, digits) => code(digits, 8));

/** A text with its escapes undone, its separators taken out, and its base64 opened, several times over; in lower case. */
function layers(text, depth = 2) {
  const all = [];
  let plain = text;
  for (let round = 0; round < 3; round++) plain = unescaped(plain);
  for (const one of new Set([text, plain])) all.push(one, one.replace(/[^0-9A-Za-z]/g, ''));
  if (depth > 0) {
    const joined = [text, plain, plain.replace(/\\+[rn]|\s/g, '')].join('\n');
    for (const run of new Set(joined.match(/[\w+/-]{22,}/g))) {
      for (let offset = 0; offset < 4; offset++) {
        const bytes = Buffer.from(run.slice(offset), 'base64');
        let opened = bytes.toString('latin1');
        try { opened = gunzipSync(bytes).toString('latin1'); } catch { /* not compressed */ }
        if (/[\w+/-]{12}/.test(opened)) all.push(...layers(opened, depth - 1));
      }
    }
  }
  return all.map(one => one.toLowerCase());
}

/** Every place in `sinks` ([name, bytes] pairs) where one of the secrets, or anything like a key, stands. */
export function leaks(sinks, needles, options) {
  const found = [];
  // Many sinks are the same page or file again.
  const texts = new Map(sinks.map(([name, bytes]) => [typeof bytes === 'string' ? bytes : bytes.toString('latin1'), name]));
  for (const [text, name] of texts) {
    if (text.match(KEY)) found.push(`${name}: looks like a key`);
    for (const needle of needles) {
      const how = needle.find(text, options);
      if (how) found.push(`${name}: ${needle.what} ${how}`);
    }
  }
  return found;
}
