// Journey 19: a description comes in by file, by text and by address; a version that breaks clients is marked, and
// readers see what is published without a restart.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { ADMIN, start } from '../support/server.js';
import { signIn } from '../support/steps.js';

const document = (title, fields) => `openapi: 3.1.0
info:
  title: ${title}
  version: "${Object.keys(fields).length}"
paths:
  /weather:
    get:
      operationId: getWeather
      summary: The weather now
      responses:
        "200":
          description: It is like this
          content:
            application/json:
              schema:
                type: object
                properties:
${Object.entries(fields).map(([name, type]) => `                  ${name}: { type: ${type} }`).join('\n')}
`;
const FIRST = document('Weather', { degrees: 'number', humidity: 'number' });
const SECOND = document('Weather', { degrees: 'number' });
const BROKEN = 'openapi: 3.1.0\ninfo:\n  title: Weather\n version: "1"\n';

for (const javaScriptEnabled of [true, false]) {
  test(`descriptions are imported and published, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, { timeout: 120_000 }, async t => {
    const server = await start(t, { prefix: '/developers' });
    const browser = await launch(t);
    const visitor = await Visitor.open(browser, server, { javaScriptEnabled, allow: [404, 409, 422] });
    const reader = await Visitor.open(browser, server, { javaScriptEnabled, allow: [404] });
    const { page } = visitor;
    const form = async choice => {
      await visitor.go('/admin/specs/new');
      await page.getByLabel('Product').selectOption(choice);
    };
    const submit = () => visitor.leads(() => visitor.button('Import').click());
    const errors = () => visitor.text('#errors');
    // Fields may be folded: what the page holds counts.
    const shown = () => reader.$('main').textContent();
    let first;

    await t.test('text that is no document comes back with the line', async () => {
      await signIn(visitor, ADMIN);
      await form({ label: 'A new product…' });
      await visitor.step('new description');
      await page.getByLabel('Text').fill(BROKEN);
      await submit();
      assert.match(await errors(), /nothing was published/);
      assert.match(await visitor.text('.places'), /Line 4:/);
      assert.equal((await page.getByLabel('Text').inputValue()).trim(), BROKEN.trim(), 'the text is kept');
      await visitor.step('new description, refused');
    });

    await t.test('an address inside the network is refused by name', async () => {
      await form({ label: 'A new product…' });
      for (const host of ['10.0.0.7', '169.254.169.254', 'localhost']) {
        await page.getByLabel('Address').fill(`https://${host}/openapi.yaml`);
        await submit();
        assert.match(await errors(), new RegExp(host.replaceAll('.', '\\.')));
        assert.equal(await page.getByLabel('Address').inputValue(), `https://${host}/openapi.yaml`);
      }
      await visitor.step('address refused');
    });

    await t.test('a pasted document makes a product with a reference', async () => {
      await form({ label: 'A new product…' });
      await page.getByLabel('Text').fill(FIRST);
      await submit();
      assert.match(visitor.here, /^\/admin\/specs\/spec_/);
      first = visitor.here;
      assert.match(await visitor.text('h1'), /Weather, version 1\s+PUBLISHED/);
      await visitor.step('first version');
      await reader.go('/reference/weather/getWeather');
      assert.match(await shown(), /humidity/);
    });

    await t.test('a version that breaks clients waits, and says what it breaks', async () => {
      await form({ label: 'Weather' });
      await page.getByLabel('File').setInputFiles({ name: 'openapi.yaml', mimeType: 'application/yaml', buffer: Buffer.from(SECOND) });
      await page.getByLabel('Note').fill('No humidity any more');
      await submit();
      assert.match(await visitor.text('h1'), /Weather, version 2\s+NOT PUBLISHED/);
      assert.match(await visitor.text('.change.brk'), /humidity.*removed/s);
      await visitor.step('version that breaks');
      await visitor.leads(() => visitor.button('Publish version 2').click());
      assert.match(await errors(), /1 change breaks/);
      await visitor.step('not confirmed');
      await reader.go('/reference/weather/getWeather');
      assert.match(await shown(), /humidity/, 'readers still see the first');
    });

    await t.test('confirmed, readers see it at once', async () => {
      await page.locator('#f-confirm').check();
      await visitor.leads(() => visitor.button('Publish version 2').click());
      assert.match(await visitor.text('h1'), /version 2\s+PUBLISHED/);
      await reader.go('/reference/weather/getWeather');
      assert.doesNotMatch(await shown(), /humidity/);
      await reader.go('/changelog/weather');
      assert.match(await reader.text('main'), /Weather version 2[\s\S]*1 breaking change[\s\S]*humidity[\s\S]*Weather version 1/);
      await reader.step('changelog');
      await reader.leads(() => reader.link('read it').click());
      assert.match(await reader.text('.notice'), /version 1/);
      await reader.step('older version');
    });

    await t.test('the first comes back', async () => {
      await visitor.go(first);
      await visitor.leads(() => visitor.button('Roll back to version 1').click());
      await reader.go('/reference/weather/getWeather');
      assert.match(await shown(), /humidity/);
      await visitor.go('/admin/specs');
      assert.match(await visitor.text('.speclist'), /Version 1 is published[\s\S]*Version 2 waits/);
      await visitor.step('descriptions');
    });

    await t.test('an address is watched', async () => {
      await visitor.go(first);
      await page.locator('#f-url').fill('https://192.168.1.1/openapi.yaml');
      await visitor.leads(() => visitor.button('Watch').click());
      assert.match(await errors(), /not allowed/);
      await page.locator('#f-url').fill('https://weather.example.com/openapi.yaml');
      await page.locator('#f-interval').fill('1');
      await visitor.leads(() => visitor.button('Watch').click());
      assert.match(await errors(), /5 minutes/);
      await page.locator('#f-interval').fill('30');
      await visitor.leads(() => visitor.button('Watch').click());
      assert.match(await visitor.text('#watch-h >> xpath=../..'), /watching/);
      await visitor.step('watched');
      await visitor.leads(() => visitor.button('Stop watching').click());
    });
    await visitor.healthy();
    await reader.healthy();
  });
}
