// What a visitor downloads, and how the page behaves while it loads.
import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

import { launch, Visitor } from '../support/browser.js';
import { DEVELOPER, start } from '../support/server.js';
import { signIn } from '../support/steps.js';

const KB = 1000;

test('pages stay small and calm', { timeout: 60_000 }, async t => {
  const server = await start(t);
  const browser = await launch(t);
  const first = await Visitor.open(browser, server);
  await signIn(first, DEVELOPER);
  const storageState = await first.context.storageState();

  for (const [where, script] of [['/', 8], ['/keys', 8], ['/keys/new', 8], ['/reference/translation-api', 12], ['/reference/translation-api/translateText', 12]]) {
    await t.test(where, async t => {
      const visitor = await Visitor.open(browser, server, { storageState });
      await visitor.page.addInitScript(() => {
        window.shift = 0;
        new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });
      });
      await visitor.go(where);
      await visitor.page.waitForTimeout(300);
      const sizes = {};
      for (const entry of visitor.network) {
        const type = entry.header('content-type').split(';')[0];
        const size = gzipSync(entry.body).length;
        sizes[type] = (sizes[type] ?? 0) + size;
        if (type === 'text/javascript') assert.ok(size <= 6 * KB, `${entry.url}: ${size}`);
        if (entry.url.includes('/assets/')) assert.match(entry.header('cache-control'), /max-age=31536000.*immutable/, entry.url);
        assert.equal(entry.header('x-content-type-options'), 'nosniff');
      }
      const requests = visitor.network.length;
      t.diagnostic(`${where}: ${requests} requests, gzip ${JSON.stringify(sizes)}`);
      assert.ok(requests <= 8, `${requests} requests: ${visitor.network.map(entry => entry.url).join(' ')}`);
      assert.ok(sizes['text/html'] <= 60 * KB);
      assert.ok(sizes['text/css'] <= 16 * KB);
      assert.ok(sizes['text/javascript'] <= script * KB);
      const shift = await visitor.page.evaluate(() => window.shift);
      assert.ok(shift <= 0.01, `the layout shifts by ${shift}`);
      // The second time only the page itself is asked for.
      const before = visitor.network.length;
      await visitor.go(where);
      const again = visitor.network.slice(before).filter(entry => entry.url.includes('/assets/'));
      assert.deepEqual(again.map(entry => entry.url), []);
      await visitor.healthy();
    });
  }
});
