// Text of others that wants to be more than text: in descriptions, names, answers and addresses.
import assert from 'node:assert/strict';
import test from 'node:test';

import { api, publish } from '../support/api.js';
import { launch, Visitor } from '../support/browser.js';
import { ADMIN, client, start } from '../support/server.js';
import { createKey, send, signIn, signUp, somebody } from '../support/steps.js';

const RUN = 'window.ran=1';
const TAGS = [
  `<img src=x onerror="${RUN}">`, `<script>${RUN}</script>`, `"><svg onload="${RUN}">`, `'-${RUN}-'`, `</textarea></title><script>${RUN}</script>`,
  `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`, `<a href="javascript:${RUN}">a</a>`, `{{constructor.constructor('${RUN}')()}}`,
];
const LINE = `N ${TAGS.join(' ')}`;
const MARKDOWN = [
  LINE, `[a](javascript:${RUN})`, `[b](JaVa&#x09;ScRiPt:${RUN})`, `[c](data:text/html,<script>${RUN}</script>)`, `[d](vbscript:x)`, `<javascript:${RUN}>`,
  `![e](javascript:${RUN})`, `![f](https://other.example/pixel.png "t")`, `![g" onerror="${RUN}](x)`, `[h](https://ok.example/ "onclick=${RUN}")`,
  '```js"><script>window.ran=1</script>\n```\n</code></pre><script>window.ran=1</script>', `> [!NOTE]\n> <script>${RUN}</script>`,
  `<form action="https://other.example/"><input name=p><button>Sign in</button></form>`, '<style>body{display:none}</style>', '<base href="https://other.example/">',
  '<meta http-equiv="refresh" content="0;url=https://other.example/">', `<div id="errors" class="toasts">x</div>`, `[i]: javascript:${RUN}\n[i]`, `| <img src=x onerror=${RUN}> |\n|---|\n| \`<script>\` |`,
  `[j](//other.example/x)`, `[k](../../sign-out)`, `<https://ok.example/?q="onmouseover="${RUN}>`, `<math><mtext><style><img src=x onerror=${RUN}></style></mtext></math>`,
].join('\n\n');

function document(origin) {
  const schema = {
    type: 'object', title: LINE, description: MARKDOWN, required: [LINE],
    properties: {
      [LINE]: { type: 'string', description: MARKDOWN, enum: [LINE, ...TAGS], default: LINE, example: LINE, format: LINE },
      __proto__x: { type: 'string', pattern: `</script>${TAGS[0]}` },
      body: { oneOf: [{ title: LINE, type: 'object', properties: { text: { type: 'string' } } }, { title: LINE, type: 'object', properties: { text: { type: 'string' } } }] },
    },
  };
  const operation = id => ({
    operationId: id, summary: LINE, description: MARKDOWN, tags: [LINE],
    externalDocs: { url: `javascript:${RUN}`, description: LINE },
    parameters: ['query', 'header', 'cookie'].map(place => ({ name: place === 'query' ? `q"><img src=x onerror=${RUN}>` : `x-${place}`, in: place, description: MARKDOWN, example: LINE, schema: { type: 'string', description: MARKDOWN } })),
    requestBody: { description: MARKDOWN, content: { 'application/json': { schema, example: { text: `</textarea>${LINE}` } }, [`text/x-"><script>${RUN}</script>`]: { example: LINE } } },
    responses: { 200: { description: MARKDOWN, headers: { [`X-${TAGS[0]}`]: { description: MARKDOWN } }, content: { 'application/json': { schema, example: LINE } } }, default: { description: MARKDOWN } },
  });
  return {
    openapi: '3.1.0',
    info: { title: LINE, version: TAGS[0], summary: LINE, description: MARKDOWN, termsOfService: `javascript:${RUN}`, contact: { name: LINE, url: `javascript:${RUN}` }, license: { name: LINE, url: `javascript:${RUN}` } },
    servers: [{ url: origin, description: MARKDOWN }],
    tags: [{ name: LINE, description: MARKDOWN, externalDocs: { url: `javascript:${RUN}` } }],
    paths: { '/plain': { post: operation('plain') }, '/html': { get: { operationId: `"><img src=x onerror=${RUN}>`, summary: LINE, responses: { 200: { description: MARKDOWN } } } } },
    components: { securitySchemes: { [`s${TAGS[0]}`]: { type: 'http', scheme: 'bearer', description: MARKDOWN, bearerFormat: LINE } } },
    security: [{ [`s${TAGS[0]}`]: [] }],
  };
}

test('text of others stays text', { timeout: 120_000 }, async t => {
  const server = await start(t, { args: ['--allow-private', '127.0.0.0/8'] });
  const upstream = await api(t, (request, response) => {
    if (request.url.startsWith('/html')) {
      response.writeHead(200, { 'content-type': 'text/html', 'x-request-id': TAGS[0], link: `<javascript:${RUN}>; rel=next` });
      return response.end(`<!doctype html><script>parent.ran=1</script>${LINE}`);
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ text: `</script>${LINE}`, [LINE]: MARKDOWN }));
  });
  const admin = await client(server);
  const product = await publish(admin, `P${TAGS[0]}`, upstream.origin, document(upstream.origin));

  const visitor = await Visitor.open(await launch(t), server, { allow: [404, 422] });
  const { page } = visitor;
  await visitor.context.addInitScript(() => {
    addEventListener('click', event => { if (event.target.closest?.('[href^="javascript:" i]')) globalThis.ran = 1; }, true);
  });

  const inert = async where => {
    const found = await page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      const address = node => node.getAttribute('href') ?? node.getAttribute('src') ?? node.getAttribute('action') ?? node.getAttribute('xlink:href');
      const strange = value => {
        try { return !['http:', 'https:', 'mailto:'].includes(new URL(value, location.href).protocol); } catch { return true; }
      };
      return {
        ran: 'ran' in window,
        handlers: all.flatMap(node => node.getAttributeNames().filter(name => name.startsWith('on') || (name === 'style' && !node.matches('json-editor textarea')) || name === 'srcdoc').map(name => `${node.tagName} ${name}`)),
        foreign: all.filter(node => /^(img|iframe|object|embed|base|style|math|frame|video|audio|applet|portal)$/i.test(node.tagName) || node.matches('meta[http-equiv]')).map(node => node.outerHTML),
        scripts: [...document.scripts].map(script => script.getAttribute('src')).filter(src => !src?.includes('/assets/')),
        addresses: all.filter(node => !node.matches('link[rel=icon]')).map(address).filter(value => value !== null && strange(value)),
        forms: [...document.forms].map(form => form.getAttribute('action')).filter(action => new URL(action, location.href).origin !== location.origin),
      };
    });
    assert.deepEqual(found, { ran: false, handlers: [], foreign: [], scripts: [], addresses: [], forms: [] }, where);
  };
  const look = async name => {
    await visitor.step(name);
    await inert(name);
  };

  await t.test('on every page of the reference', async () => {
    for (const where of ['/', '/reference', `/reference/${product.slug}`]) {
      await visitor.go(where);
      await look(where);
      assert.match(await page.locator('body').innerText(), /onerror=/, 'it is shown as text');
    }
    await visitor.go(`/reference/${product.slug}?tag=${encodeURIComponent(LINE)}`);
    await look('one tag');
    await visitor.go(`/reference/${product.slug}/plain`);
    await look('operation, signed out');
    await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = true; });
    await look('operation, unfolded');
  });

  await t.test('in names of people and keys', async () => {
    await signUp(visitor, { ...somebody(), name: TAGS[0] });
    await look('account');
    await createKey(visitor, { name: TAGS.slice(0, 2).join('') });
    await visitor.accessible('reveal');
    await inert('reveal');
    for (const where of ['/keys', '/keys/new', '/subscriptions']) {
      await visitor.go(where);
      await look(where);
    }
    await visitor.go('/keys');
    await visitor.leads(() => page.locator('tbody th a').first().click());
    await look('key');
    await visitor.leads(() => page.getByRole('link', { name: /^Revoke/ }).click());
    await look('revoke');
    await visitor.go('/subscriptions');
    await visitor.leads(() => page.getByRole('link', { name: /^Cancel P</ }).click());
    await look('cancel');
  });

  await t.test('in what the API answers, in the samples, and in messages', async () => {
    await visitor.go(`/reference/${product.slug}/plain`);
    await page.locator('#try-body').fill(JSON.stringify({ [LINE]: LINE }));
    await send(visitor);
    await look('answer');
    assert.match(await page.locator('#response-body').textContent(), /<script>/);
    await page.getByRole('tab', { name: 'JavaScript' }).click();
    await look('sample');
    await page.locator('#try-body').fill(`{"${TAGS[1]}": 1}`);
    await send(visitor);
    await look('refused');
    await visitor.go(`/reference/${product.slug}`);
    await visitor.leads(() => page.locator('.oplist a', { has: page.getByText('/html', { exact: true }) }).click());
    await send(visitor);
    await look('an HTML page as an answer');
    await page.getByRole('tab', { name: 'Headers' }).click();
    await look('headers');
  });

  await t.test('in guides', async () => {
    const author = await Visitor.open(await launch(t), server, { javaScriptEnabled: false });
    await signIn(author, ADMIN);
    await author.go('/admin/docs/new');
    await author.page.getByLabel('Title').fill(`G ${TAGS[0]}`);
    await author.leads(() => author.button('Create page').click());
    await author.page.locator('#f-body').fill(`${MARKDOWN}\n\n[${TAGS[1]}](operation:${product.slug}/plain)\n\n\`\`\`js title="${TAGS[0]}"\n${TAGS[1]}\n\`\`\`\n\n## ${TAGS[0]}\n`);
    await author.leads(() => author.page.locator('button[name=do][value=publish]').first().click());
    await author.healthy();
    await visitor.go('/docs');
    await look('guides');
    await visitor.leads(() => page.locator('nav.side').getByRole('link', { name: /^G / }).click());
    await look('a guide');
    assert.match(await page.locator('h1').innerText(), /onerror=/, 'the title is shown as text');
    assert.ok(await page.locator('.guide .embed-op').count(), 'the operation is shown as a card');
    const source = await (await fetch(`${page.url()}.md`)).text();
    assert.ok(source.includes('onerror='), 'the source is as it was written');
    await page.goto(visitor.url('/docs/%3Cscript%3E/x'));
    await look('no guide');
  });

  await t.test('in addresses', async () => {
    visitor.allow.push(404, 400);
    const bad = encodeURIComponent(`"><script>${RUN}</script>`);
    for (const where of [`/nothing/${bad}`, `/reference/${bad}`, `/keys/${bad}`, `/reference/${product.slug}/${bad}`]) {
      await page.goto(visitor.url(where));
      await look(where);
    }
    for (const where of [`/keys?after=${bad}`, `/keys?done=${bad}`, `/reference/${product.slug}?tag=${bad}`, `/reference/${product.slug}/plain?lang=${bad}`]) {
      await page.goto(visitor.url(where));
      await look(where);
    }
    await visitor.context.clearCookies();
    for (const next of ['https://other.example/', '//other.example/', `javascript:${RUN}`, '/\\other.example']) {
      await page.goto(visitor.url(`/sign-in?next=${encodeURIComponent(next)}`));
      await look(`next=${next}`);
      assert.equal(await page.locator('input[name=next]').first().inputValue().then(value => /other|javascript/.test(value)), false, next);
    }
  });

  await visitor.healthy();
});
