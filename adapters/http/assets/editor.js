// The editor: colours in the source, a preview that the server renders, and text that is not lost.
import { $, $$, el, say, toast } from './core.js';
import { ask, post, reason } from './tree.js';

// What a line of Markdown holds, and the class of its colour. A heading is one as a whole.
const HEADING = /^#{1,6} .*$/;
const MARKS = [[/^\s*(?:[-*+]|\d+[.)]) (?:\[[ xX]\] )?/, 'w'], [/^(?:> ?)+(?:\[![A-Z]+\])?/, 'n'], [/`[^`]+`/, 's'],
  [/\*\*[^*]+\*\*/, 'b'], [/!?\[[^\]]*\]\([^)]*\)/, 'k'], [/\{\{.*?\}\}/, 'w']];

function span(text, kind) {
  const node = el('span', {}, text);
  node.className = kind;
  return node;
}

function paintLine(text, fence) {
  const row = el('span', { class: 'ln' });
  if (fence || HEADING.test(text)) {
    row.className = fence ? `ln ${/^\s*(```|~~~)/.test(text) ? 'c' : 's'}` : 'ln k h';
    row.append(text || '\u200b');
    return row;
  }
  let rest = text;
  while (rest) {
    let first = null;
    for (const [pattern, kind] of MARKS) {
      const found = (kind === 'n' || kind === 'w') && rest !== text && pattern.source.startsWith('^') ? null : rest.match(pattern);
      if (found && (!first || found.index < first.at)) first = { at: found.index, text: found[0], kind };
    }
    if (!first) break;
    row.append(rest.slice(0, first.at), span(first.text, first.kind));
    rest = rest.slice(first.at + first.text.length);
  }
  row.append(rest || '\u200b');
  return row;
}

/** A text field with colours below it: undo, spelling and input methods stay the browser's. */
class MarkdownEditor extends HTMLElement {
  lines = [];
  connectedCallback() {
    if (this.pre) return;
    this.field = $('textarea', this);
    this.pre = el('pre', { 'aria-hidden': 'true' });
    this.prepend(this.pre);
    this.classList.add('on');
    this.field.addEventListener('input', () => this.paint());
    this.field.addEventListener('keydown', event => this.#key(event));
    this.field.addEventListener('blur', () => { this.leave = false; });
    this.paint();
  }
  /** Only lines that changed are painted again. */
  paint() {
    let fence = '';
    const next = this.field.value.split('\n').map(text => {
      const mark = text.match(/^\s*(```|~~~)/)?.[1] ?? '';
      const inside = Boolean(fence || mark);
      if (mark && !fence) fence = mark;
      else if (mark && mark === fence) fence = '';
      return { text, inside };
    });
    const same = (a, b) => a && b && a.text === b.text && a.inside === b.inside;
    const old = this.lines;
    let [start, end] = [0, 0];
    while (start < next.length && same(old[start], next[start])) start++;
    while (end < Math.min(next.length, old.length) - start && same(old.at(-1 - end), next.at(-1 - end))) end++;
    for (const line of old.slice(start, old.length - end)) line.node.remove();
    const anchor = end ? old.at(-end).node : null;
    this.lines = next.map((line, at) => {
      if (at < start) return old[at];
      if (at >= next.length - end) return old[old.length - next.length + at];
      const node = paintLine(line.text, line.inside);
      this.pre.insertBefore(node, anchor);
      return { ...line, node };
    });
  }

  /** Puts text in the place of the selection, so that undo takes it back. */
  insert(text, { select } = {}) {
    const { field } = this;
    field.focus();
    const at = field.selectionStart;
    if (!document.execCommand(text ? 'insertText' : 'delete', false, text)) {
      field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    if (select) field.setSelectionRange(at + select[0], at + select[1]);
  }
  get selected() {
    const { field } = this;
    return field.value.slice(field.selectionStart, field.selectionEnd);
  }
  wrap(mark, otherwise) {
    const text = this.selected || otherwise;
    this.insert(mark + text + mark, { select: [mark.length, mark.length + text.length] });
  }
  /** Changes the lines that the selection touches. */
  eachLine(change) {
    const { field } = this;
    const from = field.value.lastIndexOf('\n', field.selectionStart - 1) + 1;
    const end = field.value.indexOf('\n', field.selectionEnd);
    field.setSelectionRange(from, end < 0 ? field.value.length : end);
    const text = this.selected.split('\n').map(change).join('\n');
    this.insert(text, { select: text.includes('\n') ? [0, text.length] : [text.length, text.length] });
  }

  #key(event) {
    const { field } = this;
    if (event.key === 'Escape') {
      this.leave = true;
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    if (event.key === 'Tab' && plain && !this.leave) {
      event.preventDefault();
      if (event.shiftKey) this.eachLine(line => line.replace(/^ {1,2}|^\t/, ''));
      else if (this.selected.includes('\n')) this.eachLine(line => line && `  ${line}`);
      else this.insert('  ');
    } else if (event.key === 'Enter' && plain && !event.shiftKey && field.selectionStart === field.selectionEnd) {
      this.#newLine(event);
    }
    if (event.key !== 'Shift') this.leave = false;
  }
  /** A list goes on in the next line; an item without text ends it. */
  #newLine(event) {
    const { field } = this;
    const from = field.value.lastIndexOf('\n', field.selectionStart - 1) + 1;
    const line = field.value.slice(from, field.selectionStart);
    const [mark, indent, bullet, number, after, task] = line.match(/^(\s*)(?:([-*+])|(\d+)([.)])) (\[[ xX]\] )?/) ?? [];
    if (!mark) return;
    event.preventDefault();
    if (line === mark) {
      field.setSelectionRange(from, field.selectionStart);
      this.insert('');
    } else this.insert(`\n${indent}${bullet ?? Number(number) + 1}${after ?? ''} ${task ? '[ ] ' : ''}`);
  }
}
customElements.define('markdown-editor', MarkdownEditor);

const TOOLS = {
  heading: editor => editor.eachLine(line => (/^## /.test(line) ? line.slice(3) : `## ${line.replace(/^#+ /, '')}`)),
  bold: editor => editor.wrap('**', 'bold text'),
  code: editor => (editor.selected.includes('\n') ? editor.insert(`\`\`\`\n${editor.selected}\n\`\`\``) : editor.wrap('`', 'code')),
  list: editor => editor.eachLine(line => (/^- /.test(line) ? line.slice(2) : `- ${line}`)),
  link: editor => {
    const text = editor.selected || 'text';
    editor.insert(`[${text}](address)`, { select: [text.length + 3, text.length + 10] });
  },
  callout: editor => editor.eachLine((line, at) => `${at ? '' : '> [!WARNING]\n'}> ${line}`),
  image: () => images.click(),
};

const form = $('#edit');
const images = el('input', { type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp', multiple: '' });
if (form) start($('markdown-editor', form));

function start(editor) {
  const { base, title, slug, body, note } = form.elements;
  const state = text => { $('#save-state').textContent = text; };
  const content = () => ({ base: base.value, title: title.value, slug: slug.value, body: body.value });
  const text = () => JSON.stringify(content());
  // What this browser keeps while the server is away, for this person and page.
  const key = `guide ${form.dataset.owner} ${form.getAttribute('action')}`;
  const keep = () => { try { localStorage.setItem(key, text()); } catch { /* full, or not allowed */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* not allowed */ } };
  let kept = text();
  let leaving = false;

  // Preview: one request at a time; an answer that was overtaken is dropped.
  let [previewTimer, rendering] = [0, null];
  function preview() {
    clearTimeout(previewTimer);
    previewTimer = setTimeout(async () => {
      rendering?.abort();
      const pane = $('.prev');
      const slow = setTimeout(() => pane.classList.add('busy'), 300);
      let own;
      const { status, page } = await post(form.dataset.preview, { title: title.value, body: body.value }, request => { own = rendering = request; });
      clearTimeout(slow);
      if (own !== rendering) return;
      pane.classList.remove('busy');
      if (status !== 200 || !page) return;
      for (const id of ['#preview', '#counts']) {
        const fresh = $(id, page);
        if (fresh) $(id).replaceChildren(...document.adoptNode(fresh).childNodes);
      }
    }, 120);
  }

  // Autosave: a second after the last letter, and every five while somebody keeps typing.
  let [saveTimer, since, under] = [0, 0, Promise.resolve()];
  function later() {
    const now = Date.now();
    since ||= now;
    clearTimeout(saveTimer);
    saveTimer = setTimeout(autosave, Math.min(1000, Math.max(0, since + 5000 - now)));
  }
  function autosave() {
    clearTimeout(saveTimer);
    since = 0;
    under = under.then(async () => {
      const sent = text();
      if (sent === kept || leaving) return;
      state('Keeping draft…');
      const answer = await post(form.dataset.draft, content());
      if (answer.status >= 200 && answer.status < 300) {
        kept = sent;
        if (text() === sent) forget();
        $('#kept')?.remove();
        const discard = $('[data-discard]');
        if (discard) discard.hidden = false;
        return state('Draft kept just now');
      }
      keep();
      state('Kept in this browser only');
      const gone = answer.status === 401 || answer.status === 403;
      banner(answer.status && !gone && answer.status < 500 ? reason(answer)
        : gone ? 'You are signed out. Your text is kept in this browser: sign in again, and open this page.'
        : 'The console does not answer. Your text is kept in this browser, and is sent when the console is back.');
      if (!gone) saveTimer = setTimeout(autosave, 5000);
    });
    return under;
  }
  function banner(message, ...buttons) {
    $('#kept')?.remove();
    $('#notes').append(el('div', { id: 'kept', class: 'banner inset', role: 'status' }, el('div', { class: 'grow' }, message), ...buttons));
  }
  addEventListener('online', autosave);
  addEventListener('pagehide', () => {
    if (leaving || text() === kept) return;
    keep();
    const fields = new URLSearchParams({ csrf: form.elements.csrf.value, ...content() });
    // Browsers send at most 64 KiB after a page is gone; a longer text waits in this browser.
    if (String(fields).length < 60_000) fetch(form.dataset.draft, { method: 'POST', body: fields, keepalive: true });
  });
  addEventListener('beforeunload', event => { if (!leaving && text() !== kept) event.preventDefault(); });

  // Text that this browser kept and the server does not have.
  let found = null;
  try { found = JSON.parse(localStorage.getItem(key)); } catch { /* nothing, or not ours */ }
  if (found && typeof found.body === 'string' && (found.body !== body.value || found.title !== title.value || found.slug !== slug.value)) {
    const button = (label, run) => {
      const node = el('button', { type: 'button', class: 'btn btn-sm' }, label);
      node.addEventListener('click', () => { $('#kept').remove(); run(); });
      return node;
    };
    banner('This browser kept a text of yours that the console does not have.', button('Use it', () => {
      Object.assign(title, { value: found.title });
      Object.assign(slug, { value: found.slug });
      // The version that the text began with: if the page went on since, saving shows both.
      base.value = found.base;
      body.select();
      editor.insert(found.body);
    }), button('Drop it', forget));
  } else forget();

  form.addEventListener('input', event => {
    if (event.target === note) return;
    state('Not saved');
    if (event.target !== slug) preview();
    later();
  });

  // Save and publish stay on the page: caret, scroll and undo are kept.
  let native = false;
  form.addEventListener('submit', async event => {
    const button = event.submitter;
    const verb = button?.value ?? 'save';
    if (native || verb === 'preview') return void (leaving = true);
    event.preventDefault();
    const shown = $(`[form=edit][value=${verb}]`);
    if (shown.getAttribute('aria-busy')) return;
    shown.setAttribute('aria-busy', 'true');
    clearTimeout(saveTimer);
    // A draft that arrives after the version would come back from the dead.
    await under;
    const sent = text();
    const answer = await post(form.action, { ...content(), note: note.value, do: verb });
    shown.removeAttribute('aria-busy');
    if (answer.status === 200 && answer.page) return saved(answer.page, sent);
    if (!answer.status || answer.status >= 500) {
      keep();
      banner(reason(answer));
      return toast('Not saved. Your text is kept in this browser.');
    }
    // The server has something to show: errors at their fields, or both texts.
    native = true;
    form.requestSubmit(button);
  });
  function saved(page, sent) {
    base.value = $('#edit [name=base]', page).value;
    kept = JSON.stringify({ ...JSON.parse(sent), base: base.value });
    note.value = '';
    forget();
    for (const id of ['#page-title', '#page-status', '#page-actions', '#notes', '#save-state', '.treep', '[form=edit][value=publish]']) {
      const [old, fresh] = [$(id), $(id, page)];
      if (old && fresh) old.replaceChildren(...document.adoptNode(fresh).childNodes);
    }
    document.title = page.title;
    toast($('.notice', page)?.textContent.trim() || 'Saved');
    if (text() !== kept) later();
  }

  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit($('[form=edit][value=publish]'));
  });
  addEventListener('keydown', event => {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    form.requestSubmit($('[form=edit][value=save]'));
  });

  for (const button of $$('[data-tool]', form)) button.addEventListener('click', () => TOOLS[button.dataset.tool](editor));

  async function upload(files) {
    for (const file of [...files].filter(file => file.type.startsWith('image/'))) {
      const mark = `![Uploading ${file.name.replace(/[[\]()]/g, '')}…]()`;
      editor.insert(`${mark}\n`);
      const fields = new FormData();
      fields.set('csrf', form.elements.csrf.value);
      fields.set('file', file);
      const answer = await ask('POST', form.dataset.images, fields);
      const markdown = answer.status === 200 && answer.page && $('#markdown', answer.page)?.textContent.trim();
      const at = body.value.indexOf(mark);
      if (at >= 0) {
        const caret = body.selectionStart;
        body.setSelectionRange(at, at + mark.length);
        editor.insert(markdown || '');
        const grown = (markdown || '').length - mark.length;
        if (caret > at) body.setSelectionRange(caret + grown, caret + grown);
      }
      if (markdown) say('Image added');
      else toast(reason(answer));
    }
  }
  images.addEventListener('change', () => {
    upload(images.files);
    images.value = '';
  });
  editor.addEventListener('paste', event => {
    if (![...event.clipboardData.files].some(file => file.type.startsWith('image/'))) return;
    event.preventDefault();
    upload(event.clipboardData.files);
  });
  const holdsFiles = event => event.dataTransfer?.types.includes('Files');
  editor.addEventListener('dragover', event => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    editor.classList.add('drop');
  });
  for (const type of ['dragleave', 'drop']) editor.addEventListener(type, () => editor.classList.remove('drop'));
  editor.addEventListener('drop', event => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    upload(event.dataTransfer.files);
  });
}
