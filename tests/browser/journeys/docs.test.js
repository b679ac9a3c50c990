// Journey 5: reading the guides. Open the tree, find "rotation", take a heading's address, go on to the next page;
// the same without JavaScript. Before that an author writes them; afterwards readers answer.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { ADMIN, start } from '../support/server.js';
import { signIn, signUp } from '../support/steps.js';

const KEYS = `Every request carries a key.

## What a key looks like

\`\`\`text title="key-format.txt"
sk_test_ and forty characters
\`\`\`

See [when to rotate](rotation.md#when-to-rotate).
`;
const ROTATION = `Rotate a key before somebody has to.

> [!WARNING]
> The old key stops after **300 seconds**.

> [!NOTE]
> Sandbox keys rotate the same way.

> [!TIP]
> Press \`]\` for the next page.

## When to rotate

| Event | Rotate within |
|:---|---:|
| Somebody leaves | 1 day |
| A key leaks | now |

## How to rotate

1. **Create the new key.** It works at once.

   \`\`\`bash
   $ export ACME_KEY="$(cat key)"
   $ curl "$URL" -H "Authorization: Bearer $ACME_KEY"
   \`\`\`

2. **Roll out.** Then wait.

- [x] Rotated
- [ ] Rolled out

[Translate text](operation:translation-api/translateText)

[No such thing](operation:translation-api/nothing)

<script>window.ran=1</script> <img src=x onerror="window.ran=1"> [run](javascript:window.ran=1)
`;

/** Writes a page with the forms of the editor. Returns its id. */
async function write(visitor, title, body, { parent, publish = true } = {}) {
  const { page } = visitor;
  await visitor.go('/admin/docs/new');
  await page.getByLabel('Title').fill(title);
  if (parent) await page.getByLabel('Below').selectOption(parent);
  await visitor.leads(() => visitor.button('Create page').click());
  const [, id] = visitor.here.match(/(page_\w+)/);
  await page.locator('#f-body').fill(body);
  await visitor.leads(() => page.locator(`button[name=do][value=${publish ? 'publish' : 'save'}]`).first().click());
  return id;
}

async function library(t, browser, server) {
  // Without JavaScript: what counts here is that the forms do it.
  const author = await Visitor.open(browser, server, { javaScriptEnabled: false });
  await signIn(author, ADMIN);
  const keys = await write(author, 'Handling keys', KEYS);
  await write(author, 'Rotation', ROTATION, { parent: keys });
  await write(author, 'Revoking', 'There is no grace.', { parent: keys });
  await write(author, 'Secret plans', 'Not yet.', { parent: keys, publish: false });
  return author;
}

const HERE = '/docs/handling-keys/rotation';
const NEXT = '/docs/handling-keys/revoking';

for (const prefix of ['/', '/developers']) {
  test(`guides are read, mounted at ${prefix}`, { timeout: 180_000 }, async t => {
    const server = await start(t, { prefix });
    const browser = await launch(t);
    const author = await library(t, browser, server);
    const reader = await Visitor.open(browser, server, { allow: [404] });
    const { page } = reader;
    await reader.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const path = () => new URL(page.url()).pathname.slice(server.base.length - server.origin.length) || '/';

    await t.test('from the bar to the tree to a page', async () => {
      await reader.go('/');
      await reader.leads(() => page.locator('nav.primary').getByRole('link', { name: 'Guides' }).click());
      await reader.step('all guides');
      await page.locator('nav.side summary[aria-label="Pages below Handling keys"]').click();
      await reader.leads(() => page.locator('nav.side').getByRole('link', { name: 'Rotation' }).click());
      assert.equal(path(), HERE);
      await reader.step('a guide');
      assert.equal(await page.locator('h1').innerText(), 'Rotation');
      assert.match(await reader.text('.docmeta'), /^\d+ min read\s*Updated \d+ \w+ \d{4}\s*Suggest edits$/);
      assert.equal(await page.locator('.docmeta time').count(), 1);
      assert.deepEqual(await page.locator('.callout-l').allInnerTexts(), ['WARNING', 'INFO', 'PRO TIP']);
      assert.deepEqual(await page.locator('.crumbs a').allInnerTexts(), ['Guides', 'Handling keys']);
      assert.equal(await page.locator('.steps > li').count(), 2);
      assert.equal(await page.locator('nav.side [aria-current=page]').innerText(), 'Rotation');
      assert.ok(!(await page.content()).includes('Secret plans'), 'drafts are for authors');
    });

    await t.test('an operation is shown as it is published; what is not there is text; what runs does not', async () => {
      assert.match(await reader.text('.embed-op'), /POST\s+\/v1\/translate\s+Translate text/);
      assert.equal(await page.locator('.guide a', { hasText: 'No such thing' }).count(), 0);
      assert.ok((await reader.text('.guide')).includes('<script>window.ran=1</script>'));
      assert.equal(await page.evaluate(() => 'ran' in window), false);
      assert.equal(await page.locator('.guide :is(script, img, [onerror], [href^=javascript])').count(), 0);
    });

    await t.test('a heading gives its address, [ and ] turn the pages', async () => {
      const heading = page.locator('h2', { hasText: 'When to rotate' });
      await heading.hover();
      await heading.locator('.anchor').click();
      assert.equal(new URL(page.url()).hash, '#user-when-to-rotate');
      assert.equal(await clipboard(), `${server.base}${HERE}#user-when-to-rotate`);
      await reader.leads(() => page.keyboard.press(']'));
      assert.equal(path(), NEXT);
      await reader.leads(() => page.keyboard.press('['));
      assert.equal(path(), HERE);
      await page.locator('.toc').getByRole('link', { name: 'How to rotate' }).click();
      assert.equal(new URL(page.url()).hash, '#user-how-to-rotate');
    });

    await t.test('"rotation" is found, marked and opened', async () => {
      await page.keyboard.press('Control+k');
      await page.locator('.pal input').fill('rotation');
      await page.locator('.pal [role=option] mark', { hasText: /rotation/i }).first().waitFor();
      await page.locator('.pal [role=option][aria-selected=true] mark').first().waitFor();
      await reader.leads(() => page.locator('.pal input').press('Enter'));
      assert.match(path(), /^\/docs\/(handling-)?keys\/rotation$/);
      await reader.go(HERE);
    });

    await t.test('code is copied without prompts, the page as Markdown', async () => {
      await page.getByRole('button', { name: 'Copy code' }).first().click();
      await page.waitForFunction(() => document.querySelector('#live').textContent === 'Copied to clipboard');
      assert.equal(await clipboard(), 'export ACME_KEY="$(cat key)"\ncurl "$URL" -H "Authorization: Bearer $ACME_KEY"');
      await page.getByRole('link', { name: 'Copy as Markdown' }).click();
      await page.waitForFunction(() => document.querySelector('#live').textContent === 'Markdown copied');
      const copied = await clipboard();
      assert.ok(copied.startsWith('# Rotation\n\nRotate a key') && copied.includes('> [!WARNING]'), copied);
      assert.ok(copied.includes(`Source: ${server.base}${HERE}`), copied);
    });

    await t.test('links between files lead to pages', async () => {
      await reader.go('/docs/handling-keys');
      assert.deepEqual(await page.locator('.snippet figcaption').allInnerTexts(), ['key-format.txt']);
      assert.deepEqual(await page.locator('.docbelow a').allInnerTexts(), ['Rotation', 'Revoking']);
      await reader.leads(() => page.getByRole('link', { name: 'when to rotate' }).click());
      assert.equal(`${path()}${new URL(page.url()).hash}`, `${HERE}#user-when-to-rotate`);
    });

    await t.test('what is not there offers what is like it', async () => {
      await page.goto(reader.url('/docs/handling-keys/rotations'));
      await reader.step('no guide here');
      assert.equal(await page.getByRole('main').getByRole('searchbox').inputValue(), 'rotations');
      await reader.leads(() => page.locator(`main a[href$="${HERE}"]`).click());
      assert.equal(path(), HERE);
      // Capital letters lead to the page for good.
      const moved = await fetch(`${server.base}/docs/Handling-Keys/Rotation`, { redirect: 'manual' });
      assert.deepEqual([moved.status, moved.headers.get('location')], [301, `${server.base.slice(server.origin.length)}${HERE}`]);
    });

    await t.test('machines read the same', async () => {
      const text = async where => {
        const answer = await fetch(`${server.base}${where}`);
        assert.equal(answer.status, 200, where);
        return answer.text();
      };
      const list = await text('/llms.txt');
      assert.ok(list.includes(`  - [Rotation](${server.base}${HERE}.md): Rotate a key before somebody has to.`), list);
      assert.match(list, /- \[POST \/v1\/translate\]\(\S+translateText\.md\)/);
      assert.ok(!list.includes('Secret plans'));
      const full = await text('/llms-full.txt');
      assert.ok(full.includes('The old key stops after **300 seconds**.') && full.includes('## Request body'));
      assert.ok((await text('/sitemap.xml')).includes(`<loc>${server.base}${HERE}</loc><lastmod>2`));
      const operation = await text('/reference/translation-api/translateText.md');
      assert.match(operation, /^# Translate text\n\n`POST \/v1\/translate`/);
      assert.match(operation, /- `text` \(string, required/);
      assert.ok(operation.includes('```bash\ncurl'), operation);
      assert.equal((await fetch(`${server.base}/docs/handling-keys/secret-plans.md`)).status, 404);
      await reader.go(HERE);
      const meta = name => page.locator(`meta[property="${name}"]`).getAttribute('content');
      assert.deepEqual([await meta('og:title'), await meta('og:url')], ['Rotation', `${server.base}${HERE}`]);
      assert.equal(await page.locator('link[rel=canonical]').getAttribute('href'), `${server.base}${HERE}`);
    });

    await t.test('authors see the draft, with a badge', async () => {
      await author.go('/docs/handling-keys/secret-plans');
      await author.step('a draft');
      assert.equal(await author.page.locator('.titlerow .badge').innerText(), 'Draft');
      assert.equal(await author.page.locator('meta[name=robots]').getAttribute('content'), 'noindex');
      await page.goto(reader.url('/docs/handling-keys/secret-plans'));
      assert.equal(await page.locator('h1').innerText(), 'No guide here');
    });
    await reader.healthy();
    await author.healthy();
  });
}

test('without JavaScript guides are read, judged and improved', { timeout: 180_000 }, async t => {
  const server = await start(t);
  const browser = await launch(t);
  await library(t, browser, server);
  const reader = await Visitor.open(browser, server, { javaScriptEnabled: false, allow: [401, 403, 422] });
  const { page } = reader;

  await t.test('tree, heading, next page', async () => {
    await reader.go('/docs');
    await page.locator('nav.side summary[aria-label="Pages below Handling keys"]').click();
    await reader.leads(() => page.locator('nav.side').getByRole('link', { name: 'Rotation' }).click());
    await page.locator('h2', { hasText: 'When to rotate' }).locator('.anchor').click();
    assert.equal(new URL(page.url()).hash, '#user-when-to-rotate');
    assert.equal(await page.locator('.js:visible').count(), 0);
    await reader.leads(() => page.locator('.pn').getByRole('link', { name: 'Revoking' }).click());
    assert.equal(reader.here, NEXT);
  });

  await t.test('"rotation" is found and marked', async () => {
    await reader.leads(() => page.locator('.searchb').click());
    await page.locator('main input[name=q]').fill('rotation');
    await reader.leads(() => page.locator('main input[name=q]').press('Enter'));
    assert.match(await page.locator('.hit mark').first().innerText(), /^rotation/i);
    await reader.leads(() => page.locator(`main a[href$="${HERE}"]`).first().click());
    assert.equal(reader.here, HERE);
    await reader.go(NEXT);
  });

  await t.test('was it helpful', async () => {
    await reader.leads(() => reader.button('No').click());
    assert.equal(reader.here, `${NEXT}?helpful=no#helpful`);
    await reader.step('thanks');
    await page.getByLabel('What would make it better?').fill('An example.');
    await reader.leads(() => reader.button('Send comment').click());
    assert.match(await reader.text('.helpful'), /Thank you\. The authors read every comment/);
  });

  await t.test('suggesting an edit asks for an account first, and keeps the text whatever happens', async () => {
    await reader.leads(() => page.getByRole('link', { name: 'Suggest edits' }).click());
    assert.match(reader.here, /^\/sign-in\?next=/);
    const person = await signUp(reader);
    await reader.go(`${NEXT}/suggest`);
    await reader.step('suggest');
    await page.locator('#f-body').fill('There is no grace at all.');
    await reader.leads(() => reader.button('Show changes').click());
    await reader.step('what changes');
    assert.match(await reader.text('.wdiff'), /There is no grace\s*at all/);
    await reader.context.clearCookies();
    await reader.leads(() => reader.button('Send suggestion').click());
    assert.match(await reader.text('#errors'), /session has ended/);
    assert.equal(await page.locator('#f-body').inputValue(), 'There is no grace at all.');
    // The other tab.
    const tab = await reader.context.newPage();
    await tab.goto(reader.url('/sign-in'));
    await tab.getByLabel('E-mail address').fill(person.email);
    await tab.getByLabel('Password').fill(person.password);
    await tab.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
    await tab.waitForURL(url => !url.pathname.endsWith('/sign-in'));
    await tab.close();
    await reader.leads(() => reader.button('Send suggestion').click());
    assert.match(await reader.text('#errors'), /Your text is here/);
    await reader.leads(() => reader.button('Send suggestion').click());
    assert.equal(await page.locator('h1').innerText(), 'Sent. Thank you');
    await reader.step('sent');
    // The same text again has nothing to suggest.
    await reader.go(`${NEXT}/suggest`);
    await reader.leads(() => reader.button('Show changes').click());
    assert.match(await reader.text('.wdiff'), /The text is the same/);
    await reader.leads(() => reader.button('Send suggestion').click());
    assert.match(await page.title(), /^Error: /);
  });
  await reader.healthy();
});

test('guides hold in every light and width', { timeout: 180_000 }, async t => {
  const server = await start(t);
  const browser = await launch(t);
  await library(t, browser, server);
  for (const [name, options] of Object.entries({
    'dark-1440': { colorScheme: 'dark' },
    'light-390': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    'dark-390': { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    'light-1024': { viewport: { width: 1024, height: 768 } },
  })) {
    const visitor = await Visitor.open(browser, server, { allow: [404], ...options });
    for (const where of ['/docs', '/docs/handling-keys', HERE, '/docs/nothing']) {
      await visitor.page.goto(visitor.url(where));
      await visitor.step(`${where}, ${name}`);
    }
    const menu = visitor.page.locator('header .sheet > summary');
    if (await menu.isVisible()) {
      await visitor.page.goto(visitor.url(HERE));
      await menu.click();
      assert.equal(await visitor.page.locator('.sheet-b [aria-current=page]').last().innerText(), 'Rotation');
      await visitor.step(`menu, ${name}`);
    }
    await visitor.healthy();
    await visitor.context.close();
  }
});
