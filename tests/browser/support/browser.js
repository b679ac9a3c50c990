// A visitor: a Chromium page of which everything is recorded that a secret or an error could hide in.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { OUT } from './server.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server'];

/** A Chromium with a new profile; it ends with the test `t`. */
export async function launch(t) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  t.after(() => browser.close());
  return browser;
}

// Runs in the page: what a script of the page, or of an attacker in it, could read.
function everything() {
  const dump = storage => Object.fromEntries(Object.entries(storage));
  const fields = [...document.querySelectorAll('input, textarea, select')].map(field => field.value);
  return {
    url: location.href,
    html: document.documentElement.outerHTML,
    fields: fields.join('\n'),
    local: JSON.stringify(dump(localStorage)),
    session: JSON.stringify(dump(sessionStorage)),
    cookies: document.cookie,
    history: `${JSON.stringify(history.state)} ${self.name} ${document.title}`,
  };
}

// The same, where promises are needed; with scripts off they never settle.
async function stores() {
  return { databases: JSON.stringify(await indexedDB.databases()), caches: JSON.stringify('caches' in self ? await caches.keys() : []) };
}

export class Visitor {
  /** Every exchange with the server: { url, method, status, requestHeaders, sent, responseHeaders, body }. */
  network = [];
  /** What was in the page after each step. */
  snapshots = [];
  /** Page errors, console errors and violations of the content security policy. */
  faults = [];
  /** Dialogs, popups and downloads that a page opened. */
  opened = [];

  /** `options` are those of Playwright's newContext; `allow` lists statuses of failures that the test provokes. */
  static async open(browser, server, { allow = [], ...options } = {}) {
    const visitor = new Visitor();
    visitor.server = server;
    visitor.allow = allow;
    visitor.scripts = options.javaScriptEnabled !== false;
    visitor.context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
    visitor.context.setDefaultTimeout(10_000);
    await visitor.context.exposeBinding('reportViolation', (_, text) => visitor.faults.push(`CSP: ${text}`));
    await visitor.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', event =>
        globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`), true);
    });
    visitor.page = await visitor.context.newPage();
    await visitor.#record(visitor.page);
    return visitor;
  }

  async #record(page) {
    page.on('pageerror', error => {
      // Chromium tells of a transition between pages that it left out, as reduced motion asks; no script of ours ran.
      if (/ViewTransition opt-in disabled|Transition was (aborted|skipped)/.test(error.message) && !/\bat \S+:\d/.test(error.stack ?? '')) return;
      this.faults.push(`page error: ${error.stack || `${error.name}: ${error.message}`}`);
    });
    page.on('dialog', dialog => {
      if (dialog.type() !== 'beforeunload') this.opened.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on('popup', popup => this.opened.push(`popup: ${popup.url()}`));
    page.on('console', message => {
      if (message.type() !== 'error') return;
      const failed = message.text().match(/^Failed to load resource: .* status of (\d+)/);
      if (failed && this.allow.includes(Number(failed[1]))) return;
      this.faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    const cdp = this.cdp = await this.context.newCDPSession(page);
    // Chromium drops bodies when it navigates. Each response is held for as long as it takes to read it.
    const kept = new Map();
    cdp.on('Network.requestWillBeSentExtraInfo', event => {
      const list = kept.get(event.requestId) ?? [];
      kept.set(event.requestId, [...list, event.headers]);
    });
    cdp.on('Fetch.requestPaused', event => this.#paused(event, kept));
    await cdp.send('Network.enable');
    await cdp.send('Fetch.enable', { patterns: [{ requestStage: 'Response' }] });
    // Event streams have no end to wait for: their text is read as the page gets it.
    const streams = new Map();
    cdp.on('Network.dataReceived', event => {
      const entry = streams.get(event.requestId);
      if (entry && event.data) entry.body = Buffer.concat([entry.body, Buffer.from(event.data, 'base64')]);
    });
    cdp.on('Network.responseReceived', async event => {
      if (event.response.mimeType !== 'text/event-stream') return;
      const entry = this.network.findLast(one => one.networkId === event.requestId);
      if (!entry) return;
      streams.set(event.requestId, entry);
      try {
        const { bufferedData } = await cdp.send('Network.streamResourceContent', { requestId: event.requestId });
        entry.body = Buffer.concat([Buffer.from(bufferedData, 'base64'), entry.body]);
      } catch {
        // Over already.
        const { body, base64Encoded } = await cdp.send('Network.getResponseBody', { requestId: event.requestId }).catch(() => ({ body: '' }));
        entry.body = Buffer.from(body, base64Encoded ? 'base64' : 'utf8');
      }
    });
  }

  async #paused(event, kept) {
    const { request, networkId } = event;
    const entry = {
      networkId,
      url: request.url,
      method: request.method,
      type: event.resourceType,
      requestHeaders: request.headers,
      // All headers that went out, cookies included; they may come a little later.
      get wire() { return JSON.stringify([request.headers, kept.get(networkId) ?? []]); },
      sent: request.postData ?? '',
      status: event.responseStatusCode,
      responseHeaders: event.responseHeaders ?? [],
      body: Buffer.alloc(0),
    };
    entry.header = name => entry.responseHeaders.find(one => one.name.toLowerCase() === name)?.value ?? null;
    this.network.push(entry);
    try {
      const streams = entry.header('content-type')?.startsWith('text/event-stream');
      if (!streams && entry.status !== undefined && !(entry.status >= 300 && entry.status < 400)) {
        const { body, base64Encoded } = await this.cdp.send('Fetch.getResponseBody', { requestId: event.requestId });
        entry.body = Buffer.from(body, base64Encoded ? 'base64' : 'utf8');
      }
      await this.cdp.send('Fetch.continueRequest', { requestId: event.requestId });
    } catch (error) {
      if (!/closed|Invalid InterceptionId|Session/.test(String(error))) this.faults.push(`recorder: ${error}`);
    }
  }

  url(where) { return this.server.base + where; }
  $(selector) { return this.page.locator(selector); }
  button(name) { return this.page.getByRole('button', { name, exact: true }); }
  link(name) { return this.page.getByRole('link', { name, exact: true }); }
  async text(selector) { return (await this.$(selector).innerText()).trim(); }

  async go(where, status = 200) {
    const answer = await this.page.goto(/^https?:/.test(where) ? where : this.url(where));
    assert.equal(answer.status(), status, `GET ${where}`);
    await this.settled();
  }
  /** Does something that leads to another page, and waits for it. */
  async leads(action) {
    await Promise.all([this.page.waitForEvent('load'), action()]);
    await this.settled();
  }
  /** The document as it is now, also while the browser is on its way between pages. */
  async html() {
    for (;;) {
      await this.page.waitForLoadState();
      try {
        return await this.page.evaluate(() => new Promise(done => setTimeout(() => done(document.documentElement.outerHTML), 100)));
      } catch (error) {
        if (!/navigat/.test(String(error))) throw error;
      }
    }
  }
  async settled() {
    await this.page.waitForLoadState('load');
    if (this.scripts) await this.page.evaluate(() => document.fonts.ready.then(() => {}));
  }
  /** The path of the page below the console's mount point. */
  get here() { return this.page.url().slice(this.server.base.length); }

  /** Keeps what is in the page now, and checks the page itself. `axe: false` leaves out the accessibility check. */
  async step(name, { axe = true } = {}) {
    const shot = { ...await this.page.evaluate(everything), ...(this.scripts ? await this.page.evaluate(stores) : {}) };
    this.snapshots.push({ name, ...shot });
    const ids = await this.page.evaluate(() => [...document.querySelectorAll('[id]')].map(node => node.id));
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), [], `${name}: ids that stand twice`);
    await this.fits(name);
    if (axe) await this.accessible(name);
    return shot;
  }
  async fits(name) {
    const [content, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(content <= window, `${name}: scrolls sideways, ${content} > ${window}`);
    // Code may scroll in its box; what is a list of cards on a phone must not.
    const wide = await this.page.locator('.scroll:has(.stack)').evaluateAll(boxes => innerWidth < 700 && boxes.some(box => box.scrollWidth > box.clientWidth));
    assert.ok(!wide, `${name}: the table is wider than the screen`);
  }
  async accessible(name) {
    if (!this.scripts) return;
    const run = async expression => {
      const { result, exceptionDetails } = await this.cdp.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(`axe: ${JSON.stringify(exceptionDetails)}`);
      return result.value;
    };
    if (!await run('Boolean(globalThis.axe)')) await run(`${AXE};0`);
    const rules = { runOnly: AXE_TAGS, resultTypes: ['violations'], preload: false };
    const violations = await run(`axe.run(document, ${JSON.stringify(rules)}).then(({ violations }) =>
      violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' (' + n.failureSummary.replace(/\\s+/g, ' ') + ')').join('; ')))`);
    assert.deepEqual(violations, [], `${name}: axe`);
  }
  async picture(name, full = true) {
    mkdirSync(OUT, { recursive: true });
    await this.page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: full, animations: 'disabled' });
  }

  /** Everything that was recorded as [name, text or bytes], for the search for secrets. `without` are exchanges that may hold one. */
  sinks({ without = [] } = {}) {
    const all = [];
    for (const entry of this.network) {
      const name = `${entry.method} ${entry.url.slice(this.server.origin.length)}`;
      all.push([`${name} request`, `${entry.url} ${decodeURIComponent(entry.url)} ${entry.wire} ${entry.sent}`]);
      all.push([`${name} response headers`, JSON.stringify(entry.responseHeaders)]);
      if (!without.includes(entry)) all.push([`${name} response`, entry.body]);
    }
    for (const { name, ...shot } of this.snapshots) for (const [place, text] of Object.entries(shot)) all.push([`${name}: ${place}`, text]);
    return all;
  }

  /** No script failed, no policy was violated, nothing popped up, nobody else was called. */
  async healthy() {
    if (this.scripts) await this.page.evaluate(() => new Promise(requestAnimationFrame));
    assert.deepEqual(this.faults, []);
    assert.deepEqual(this.opened, []);
    const others = this.network.filter(entry => /^https?:/.test(entry.url) && new URL(entry.url).origin !== this.server.origin);
    assert.deepEqual(others.map(entry => entry.url), [], 'requests to other origins');
    const refused = this.network.filter(entry => entry.status >= 400 && !this.allow.includes(entry.status));
    assert.deepEqual(refused.map(entry => `${entry.status} ${entry.url}`), []);
  }
}
