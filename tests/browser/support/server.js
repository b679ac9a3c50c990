// The real program on free ports, with a database of its own, its output in files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const OUT = fileURLToPath(new URL('../out', import.meta.url));
const PROGRAM = process.env.AFORO_BIN ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'debug', 'aforo');

export const PASSWORD = 'acme-demo-password';
export const ADMIN = 'admin@acme.test';
export const DEVELOPER = 'dev@acme.test';

/**
 * Starts the demonstration; it ends with the test `t`. `log` is the value of RUST_LOG, `args` are further arguments.
 */
export async function start(t, { prefix = '/', hostile = false, log = 'warn', args = [] } = {}) {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: cargo build --bin aforo, or set AFORO_BIN`);
  const folder = mkdtempSync(path.join(tmpdir(), 'aforo-browser-'));
  const data = path.join(folder, 'data');
  mkdirSync(data);
  const files = { stdout: path.join(folder, 'stdout'), stderr: path.join(folder, 'stderr') };
  const [out, err] = [openSync(files.stdout, 'w'), openSync(files.stderr, 'w')];
  const all = ['--data', data, '--listen', '127.0.0.1:0', '--upstream-listen', '127.0.0.1:0', '--prefix', prefix, ...args];
  // The same console in the other server: AFORO_SERVER=actix.
  if (process.env.AFORO_SERVER) all.push('--server', process.env.AFORO_SERVER);
  if (hostile) all.push('--hostile');
  const child = spawn(PROGRAM, all, { cwd: folder, stdio: ['ignore', out, err], env: { PATH: process.env.PATH, RUST_LOG: log, RUST_BACKTRACE: '1' } });
  closeSync(out);
  closeSync(err);
  const text = name => readFileSync(files[name], 'utf8');
  let ended = null;
  child.once('exit', (code, signal) => { ended = `${code ?? signal}`; });

  const server = {
    folder, data, text,
    /** Ends the program as a person would; the text says how it went. */
    async stop() {
      if (ended === null) {
        const exit = once(child, 'exit');
        child.kill('SIGINT');
        const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await exit;
        clearTimeout(hard);
      }
      return ended;
    },
    /** Every file that the program wrote, as bytes: output, database, write-ahead log, shared memory. */
    files() {
      const all = Object.entries(files).map(([name, file]) => [name, readFileSync(file)]);
      for (const name of readdirSync(data)) all.push([name, readFileSync(path.join(data, name))]);
      return all;
    },
  };
  // Also when the test is broken off.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  t.after(async () => {
    await server.stop();
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  });

  for (let waited = 0; !text('stdout').includes('Stop with Ctrl C'); waited += 20) {
    if (ended !== null || waited > 20_000) throw new Error(`the program did not start (${ended}):\n${text('stdout')}\n${text('stderr')}`);
    await sleep(20);
  }
  const line = pattern => text('stdout').match(pattern)?.[1];
  server.home = line(/is ready: (\S+)/);
  server.base = server.home.replace(/\/$/, '');
  server.origin = new URL(server.home).origin;
  server.upstream = new URL(line(/Demo API:\s+(\S+)/)).origin;
  server.hostile = line(/Hostile API:\s+(\S+)/);
  return server;
}

/** Calls the console's JSON interface as a program does: with a session token, no cookie. */
export async function client(server, email = ADMIN, password = PASSWORD) {
  const call = async (method, where, body, headers = {}) => {
    const form = body instanceof FormData;
    const answer = await fetch(`${server.base}/api/v1${where}`, {
      method,
      headers: { ...(body === undefined || form ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || form ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* not JSON */ }
    return { status: answer.status, headers: answer.headers, text, json };
  };
  const signedIn = await call('POST', '/auth/sign-in', { email, password });
  const cookie = signedIn.headers.getSetCookie().map(one => one.split(';')[0]).join('; ');
  if (!cookie) throw new Error(`sign-in: ${signedIn.status} ${signedIn.text}`);
  return (method, where, body) => call(method, where, body, { cookie });
}
