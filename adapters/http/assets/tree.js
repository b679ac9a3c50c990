// The tree of pages: moved by pointer and by keyboard. What is behind "Move…" and "New page" opens as a dialog. The
// server decides; a refused move snaps back.
import { $, $$, el, say, toast } from './core.js';

const LEVELS = 3;
const INDENT = 18;

/** Sends a request and reads the page that answers it: { status, page }; status 0 if nobody answered, no page if the
 *  answer is none. */
export function ask(method, url, body, handle) {
  return new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = 'document';
    // What is no page would be read as XML, and complained about.
    request.onreadystatechange = () => {
      if (request.readyState === 2 && !/html/.test(request.getResponseHeader('content-type'))) request.responseType = 'text';
    };
    request.onloadend = () => resolve({ status: request.status, page: request.responseType === 'document' ? request.response : null });
    request.send(body);
    handle?.(request);
  });
}

/** Posts fields as a form would, with the page's token. */
export function post(url, fields, handle) {
  return ask('POST', url, new URLSearchParams({ csrf: $('input[name=csrf]').value, ...fields }), handle);
}

/** What a page says went wrong. */
export function reason({ status, page }) {
  if (!status) return 'The console does not answer. Check your connection, then try again.';
  return (page && ($('#errors li', page) ?? $('main p', page)))?.textContent.trim() || `The console refused this (${status}).`;
}

const level = row => Number(row.dataset.level);
const name = row => $('.nm', row).textContent;
const DEEP = `Not allowed: pages nest ${LEVELS} levels at most`;

class SortableTree extends HTMLElement {
  held = null;
  moving = false;
  sent = Promise.resolve();

  connectedCallback() {
    this.list = $('ol', this);
    if (this.ready) return;
    this.ready = true;
    const grip = event => event.target.closest('.grip')?.closest('li');
    this.addEventListener('pointerdown', event => grip(event) && this.#drag(event, grip(event)));
    this.addEventListener('keydown', event => grip(event) && this.#key(event, grip(event)));
    // Moving a row takes the focus off it for a moment: that is no reason to drop it.
    this.addEventListener('focusout', () => this.held && !this.moving && this.#drop());
  }

  get rows() { return [...this.list.children]; }
  block(row) {
    const all = [row];
    for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) all.push(next);
    return all;
  }
  #level(row, to) {
    row.dataset.level = to;
    $('.lv', row).textContent = `level ${to} of ${LEVELS}`;
  }
  /** Rows without the block, and where among them it stands. */
  #around(block) {
    const rest = this.rows.filter(row => !block.includes(row));
    const next = block.at(-1).nextElementSibling;
    return [rest, next ? rest.indexOf(next) : rest.length];
  }
  /** The levels that a block may have before a row: at most one below what stands above it, and never one that would
   *  make pages that follow its own. */
  #levels(block, rest, at) {
    const depth = Math.max(...block.map(level)) - level(block[0]);
    return [rest[at] ? level(rest[at]) : 1, Math.min(at ? level(rest[at - 1]) + 1 : 1, LEVELS - depth)];
  }
  #place(block, rest, at, want) {
    const [low, high] = this.#levels(block, rest, at);
    if (low > high) return false;
    const by = Math.max(low, Math.min(want, high)) - level(block[0]);
    const next = rest[at] ?? null;
    this.moving = true;
    if (block.at(-1).nextElementSibling !== next) for (const row of block) this.list.insertBefore(row, next);
    if (by) for (const row of block) this.#level(row, level(row) + by);
    this.moving = false;
    block[0].scrollIntoView({ block: 'nearest' });
    return true;
  }
  #snapshot() { return this.rows.map(row => [row, level(row)]); }
  #restore(snapshot) {
    this.moving = true;
    for (const [row, to] of snapshot) {
      this.list.append(row);
      this.#level(row, to);
    }
    this.moving = false;
  }
  /** The page above and the sibling before, in a snapshot. */
  #spot(snapshot, row) {
    const at = snapshot.findIndex(([one]) => one === row);
    const own = snapshot[at][1];
    let before = null;
    for (let i = at - 1; i >= 0; i--) {
      const [one, its] = snapshot[i];
      if (its < own) return { parent: one.dataset.id, place: before ?? 'first', above: name(one) };
      if (its === own) before ??= one.dataset.id;
    }
    return { parent: '', place: before ?? 'first', above: '' };
  }
  #where(row) {
    const snapshot = this.#snapshot();
    const { parent, above } = this.#spot(snapshot, row);
    const siblings = snapshot.filter(([one, its]) => its === level(row) && this.#spot(snapshot, one).parent === parent);
    const place = siblings.findIndex(([one]) => one === row) + 1;
    return `position ${place} of ${siblings.length}, level ${level(row)} of ${LEVELS}${above && `, below ${above}`}`;
  }

  #drag(event, row) {
    if (event.button) return;
    event.preventDefault();
    if (this.held) this.#drop();
    const block = this.block(row);
    const snapshot = this.#snapshot();
    const [x, from, depth] = [event.clientX, level(row), Math.max(...block.map(level)) - level(row)];
    for (const one of block) one.classList.add('drag');
    let denied = false;
    const move = ({ clientX, clientY }) => {
      const want = Math.max(1, from + Math.round((clientX - x) / INDENT));
      const deny = want + depth > LEVELS;
      if (deny && !denied) say(DEEP);
      denied = deny;
      for (const one of block) one.classList.toggle('deny', deny);
      const [rest] = this.#around(block);
      const at = rest.findIndex(one => {
        const { top, height } = one.getBoundingClientRect();
        return clientY < top + height / 2;
      });
      this.#place(block, rest, at < 0 ? rest.length : at, want);
    };
    const end = done => {
      for (const [type, handler] of Object.entries(on)) removeEventListener(type, handler);
      for (const one of block) one.classList.remove('drag', 'deny');
      if (done) return this.#commit(row, snapshot, denied);
      this.#restore(snapshot);
      say('Move cancelled');
    };
    const on = {
      pointermove: move,
      pointerup: () => end(true),
      pointercancel: () => end(false),
      keydown: ({ key }) => key === 'Escape' && end(false),
    };
    for (const [type, handler] of Object.entries(on)) addEventListener(type, handler);
  }

  #key(event, row) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (key === ' ' || key === 'Enter') {
      event.preventDefault();
      if (this.held) return this.#drop();
      this.held = row;
      this.before = this.#snapshot();
      for (const one of this.block(row)) one.classList.add('drag');
      return say(`${name(row)} picked up. Arrow keys move it, Space drops it, Escape cancels.`);
    }
    if (!this.held) return;
    const block = this.block(row);
    if (key === 'Escape') {
      event.stopPropagation();
      this.#release();
      this.#restore(this.before);
      $('.grip', row).focus();
      return say('Move cancelled');
    }
    const [rest, at] = this.#around(block);
    const own = level(row);
    const [, high] = this.#levels(block, rest, at);
    let refused = 'It is at the end already';
    const step = (from, by) => {
      for (let i = from; i >= 0 && i <= rest.length; i += by) if (this.#place(block, rest, i, own)) return true;
      return false;
    };
    let done;
    if (key === 'ArrowUp') done = step(at - 1, -1);
    else if (key === 'ArrowDown') done = step(at + 1, 1);
    else if (key === 'ArrowRight') {
      done = own < high && this.#place(block, rest, at, own + 1);
      const depth = Math.max(...block.map(level)) - own;
      refused = own + 1 + depth > LEVELS ? DEEP : 'Not possible: there is no page above it to go below';
    } else if (key === 'ArrowLeft') {
      // Behind all that is below the same page, so that nothing changes its place but this.
      let behind = at;
      while (rest[behind] && level(rest[behind]) >= own) behind++;
      done = own > 1 && this.#place(block, rest, behind, own - 1);
      refused = 'It is on the first level already';
    } else return;
    event.preventDefault();
    $('.grip', row).focus();
    say(done ? `${name(row)}, ${this.#where(row)}` : refused);
  }
  #release() {
    for (const row of $$('.drag', this)) row.classList.remove('drag');
    const row = this.held;
    this.held = null;
    return row;
  }
  #drop() {
    this.#commit(this.#release(), this.before, false);
  }

  #commit(row, before, denied) {
    const [was, is] = [this.#spot(before, row), this.#spot(this.#snapshot(), row)];
    if (was.parent === is.parent && was.place === is.place) return say(denied ? DEEP : `${name(row)} stays where it was`);
    const text = `${name(row)} moved, ${this.#where(row)}`;
    say(denied ? `${DEEP}. ${text}` : text);
    this.sent = this.sent.then(async () => {
      if (!await this.#send(row, is, before)) return;
      toast(`“${name(row)}” moved`, { label: 'Undo', run: () => this.#undo(row, was, before) });
    });
  }
  async #send(row, { parent, place }, before) {
    const answer = await post(row.dataset.move, { parent, place });
    if (answer.status === 200) return true;
    this.#restore(before);
    toast(reason(answer));
    return false;
  }
  async #undo(row, was, before) {
    const now = this.#snapshot();
    this.#restore(before);
    if (await this.#send(row, was, now)) say(`${name(row)} is back, ${this.#where(row)}`);
  }
}
customElements.define('sortable-tree', SortableTree);

// Positions that belong to another page than the chosen one are left out.
function narrow(form) {
  const [parent, place] = [form.elements.parent, form.elements.place];
  if (!parent || !place) return;
  const groups = $$('optgroup', place);
  const show = () => {
    const chosen = place.value;
    for (const group of groups) group.remove();
    place.append(...groups.filter(group => group.dataset.parent === parent.value));
    place.value = [...place.options].some(option => option.value === chosen) ? chosen : 'last';
  };
  parent.addEventListener('change', show);
  show();
}
for (const form of $$('form')) narrow(form);

async function open(link) {
  const url = new URL(link.href);
  url.searchParams.set('next', location.pathname);
  const { status, page } = await ask('GET', url.href);
  const form = status === 200 && page && $('main .card form', page);
  if (!form) return location.assign(link.href);
  const title = $('h1', page).textContent;
  const dialog = el('dialog', { class: 'dlg', 'aria-label': title },
    el('div', { class: 'dlg-h' }, el('h2', {}, title)), el('div', { class: 'dlg-b' }, document.adoptNode(form)));
  document.body.append(dialog);
  narrow(form);
  dialog.addEventListener('close', () => {
    dialog.remove();
    link.focus();
  });
  dialog.showModal();
}
document.addEventListener('click', event => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest('a[data-dialog]');
  const close = event.target.closest('dialog [data-close]');
  if (link || close) event.preventDefault();
  if (link) open(link);
  close?.closest('dialog').close();
});
