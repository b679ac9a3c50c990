// Search: the page with and without JavaScript, the palette by keyboard, and what keys do.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { DEVELOPER, start } from '../support/server.js';
import { signIn } from '../support/steps.js';

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

test('search and palette', { timeout: 180_000 }, async t => {
  const server = await start(t);
  const browser = await launch(t);

  await t.test('the page works without JavaScript', async t => {
    const visitor = await Visitor.open(browser, server, { javaScriptEnabled: false, viewport: DESK });
    await visitor.go('/');
    await visitor.leads(() => visitor.page.locator('.searchb').click());
    await visitor.page.locator('input[name=q]').fill('translate');
    await visitor.leads(() => visitor.button('Search').click());
    assert.equal(visitor.here, '/search?q=translate');
    const first = visitor.page.locator('.hit a').first();
    assert.match((await visitor.page.locator('.hit mark').first().innerText()).toLowerCase(), /^translat/);
    assert.match(await first.getAttribute('href'), /\/(reference|docs)\//);
    await visitor.go('/search?q=translate&kind=schema');
    assert.deepEqual(await visitor.page.locator('.foundg h2').allInnerTexts(), ['Schemas']);
    await visitor.go('/search?q=tranlsate');
    assert.match(await visitor.text('.meant'), /translate/);
    assert.ok(await visitor.page.locator('.hit').count() > 0);
    await visitor.go('/search?q=zzyzxqwrt');
    assert.match(await visitor.text('.empty h2'), /Nothing found/);
    await visitor.go(`/search?q=${encodeURIComponent('<img src=x onerror=alert(1)>"\' OR 1=1')}`);
    assert.equal(await visitor.page.locator('main img').count(), 0);
    await visitor.healthy();
  });

  for (const [name, options] of [
    ['light', { viewport: DESK, colorScheme: 'light' }],
    ['dark', { viewport: DESK, colorScheme: 'dark' }],
    ['phone', { viewport: PHONE, colorScheme: 'light' }],
    ['phone dark', { viewport: PHONE, colorScheme: 'dark' }],
  ]) await t.test(`looks, ${name}`, async () => {
    const visitor = await Visitor.open(browser, server, options);
    await visitor.go('/search?q=translate');
    await visitor.step(`search ${name}`);
    await visitor.picture(`search-${name.replace(' ', '-')}`);
    await visitor.page.keyboard.press('Control+k');
    await visitor.page.locator('.pal[open]').waitFor();
    await visitor.step(`palette empty ${name}`);
    await visitor.page.keyboard.type('tra');
    await visitor.page.locator('.pal [role=option] mark').first().waitFor();
    await visitor.step(`palette ${name}`);
    await visitor.picture(`palette-${name.replace(' ', '-')}`, false);
    await visitor.page.keyboard.press('Escape');
    await visitor.page.locator('h1').click();
    await visitor.page.keyboard.press('?');
    await visitor.page.locator('.keys[open]').waitFor();
    await visitor.step(`shortcuts ${name}`);
    await visitor.healthy();
  });

  await t.test('the palette by keyboard', async () => {
    const visitor = await Visitor.open(browser, server, { viewport: DESK });
    await signIn(visitor, DEVELOPER);
    await visitor.go('/reference');
    const { page } = visitor;
    const input = page.locator('.pal input');
    const active = () => page.evaluate(() => document.getElementById(document.querySelector('.pal input').getAttribute('aria-activedescendant'))?.innerText);
    await page.keyboard.press('/');
    await input.waitFor();
    assert.match(await active(), /Open/);
    await page.keyboard.type('>key');
    assert.deepEqual(await page.locator('.pal [role=group]').evaluateAll(all => all.map(group => group.getAttribute('aria-label'))), ['Actions']);
    await input.fill('translate text');
    await page.locator('.pal [role=option] mark').first().waitFor();
    const first = await active();
    assert.match(first, /Translate/);
    assert.match(await page.locator('.pal [role=status]').innerText(), /\d+ results?/);
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await active(), first);
    await page.keyboard.press('ArrowUp');
    await visitor.leads(() => page.keyboard.press('Enter'));
    assert.match(visitor.here, /^\/reference\//);
    // What was opened is offered again.
    await page.keyboard.press('Control+k');
    assert.equal(await page.locator('.pal [role=group]').first().getAttribute('aria-label'), 'Recent');
    await page.keyboard.press('Escape');
    // Late answers do not replace newer ones.
    await page.route('**/api/v1/search?*q=trans', async route => {
      await new Promise(resolve => setTimeout(resolve, 800));
      await route.continue().catch(() => {});
    });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('trans');
    await page.waitForTimeout(200);
    await input.fill('languages');
    await page.locator('.pal [role=option]', { hasText: /languages/i }).first().waitFor();
    await page.waitForTimeout(900);
    assert.match(await active(), /languages/i);
    await page.keyboard.press('Escape');
    await visitor.healthy();
  });

  await t.test('letters lead on, but not while typing, and can be turned off', async () => {
    const visitor = await Visitor.open(browser, server, { viewport: DESK });
    const { page } = visitor;
    await visitor.go('/');
    await visitor.leads(async () => { await page.keyboard.press('g'); await page.keyboard.press('r'); });
    assert.equal(visitor.here, '/reference');
    await visitor.go('/search');
    await page.locator('main input[name=q]').fill('');
    await page.keyboard.type('/?gr');
    assert.equal(await page.locator('main input[name=q]').inputValue(), '/?gr');
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await page.getByLabel('Shortcuts of one letter').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.press('?');
    await page.waitForTimeout(200);
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await page.keyboard.press('Control+k');
    await page.locator('.pal[open]').waitFor();
    await visitor.healthy();
  });
});
