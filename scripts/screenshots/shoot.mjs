#!/usr/bin/env node
// Takes pictures of the portal as it runs: in light, in dark, and as a phone sees it.
//
//   npm ci && node shoot.mjs --base http://127.0.0.1:8080 --password '…' --out shots /portal/events /portal/jobs
//   node shoot.mjs --base http://localhost:8400 --enter 'the address that the demo prints' --every --out shots
//
// --every follows the links and takes one page of each kind, says how large it is (as the browser got it, without what all pages share) and
// how long its answer took, and makes shots/index.html, which has them all side by side.
// The README's picture: --looks light,dark --format webp --size 1280x760 --scale 1.5 /portal/events, with the sandbox' accounts in it.
// Without a password the pages are opened without signing in. The browser is $CHROMIUM or /usr/bin/chromium.
// Exit code 1 when a page failed, logged an error to the console or broke the content-security policy.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { everyPage } from './every.mjs';

const { values: options, positionals: pages } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string', default: 'http://127.0.0.1:8080' },
    password: { type: 'string', default: process.env.SYNCLINE_PORTAL_PASSWORD },
    enter: { type: 'string' }, // an address that signs in, as the demo prints it
    every: { type: 'boolean', default: false },
    out: { type: 'string', default: 'shots' },
    looks: { type: 'string', default: 'light,dark,phone,phone-dark' },
    'open-first': { type: 'boolean', default: false }, // also opens the first event in the drawer
    full: { type: 'boolean', default: false }, // the whole page, not only what a window shows
    wait: { type: 'string', default: '600' },
    slowest: { type: 'string', default: '200' }, // milliseconds that no answer may take longer
    format: { type: 'string', default: 'png' }, // or webp, a quarter of the size
    size: { type: 'string', default: '1440x900' }, // of a desktop's window
    scale: { type: 'string', default: '1' },
  },
});

const [width, height] = options.size.split('x').map(Number);
const desktop = { viewport: { width, height }, deviceScaleFactor: Number(options.scale) };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const LOOKS = {
  light: { ...desktop, colorScheme: 'light' },
  dark: { ...desktop, colorScheme: 'dark' },
  tablet: { ...desktop, viewport: { width: 900, height: 1100 }, colorScheme: 'light' },
  phone: { ...phone, colorScheme: 'light' },
  'phone-dark': { ...phone, colorScheme: 'dark' },
};

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** What no page may be larger than, as it is sent. */
const MOST_BYTES = 100_000;

const fileName = (page, look) => `${page.replace(/^\/+/, '').replace(/[^\w.-]+/g, '_') || 'root'}.${look}.${options.format}`;

// Playwright writes no WebP; the browser itself does.
async function capture(context, page, path) {
  if (options.format !== 'webp') {
    await page.screenshot({ path, fullPage: options.full });
    return;
  }
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 70, captureBeyondViewport: options.full });
  await writeFile(path, Buffer.from(data, 'base64'));
}

async function signIn(context) {
  const page = await context.newPage();
  await page.goto(new URL('/portal/login', options.base).href);
  await page.fill('input[name="password"]', options.password);
  await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
  const refused = new URL(page.url()).pathname === '/portal/login';
  await page.close();
  if (refused) throw new Error('the portal refused the password');
}

async function enter(context) {
  const page = await context.newPage();
  await page.goto(options.enter);
  await page.close();
}

/** How many bytes an answer was, and how long it took. */
async function measured(answer) {
  const { responseBodySize } = await answer.request().sizes();
  const { requestStart, responseEnd } = answer.request().timing();
  return { bytes: responseBodySize, ms: Math.round(responseEnd - requestStart) };
}

async function shoot(context, path, look, troubles) {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`${path} (${look}): ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`${path} (${look}): ${error}`));
  // A page with a live stream never falls silent, so the load event has to do.
  const answer = await page.goto(new URL(path, options.base).href, { waitUntil: 'load' });
  if (!answer?.ok()) troubles.push(`${path} (${look}): status ${answer?.status()}`);
  await page.waitForTimeout(Number(options.wait));
  const file = join(options.out, fileName(path, look));
  await capture(context, page, file);
  const { bytes, ms } = await measured(answer);
  if (bytes > MOST_BYTES) troubles.push(`${path} (${look}): ${bytes} bytes`);
  if (ms > Number(options.slowest)) troubles.push(`${path} (${look}): ${ms} ms`);
  process.stdout.write(`${file}  ${bytes} bytes, ${ms} ms\n`);
  if (options['open-first'] && (await page.$('tr.ev'))) {
    await page.click('tr.ev');
    await page.waitForSelector('[data-detail]');
    await page.waitForTimeout(400);
    await capture(context, page, file.replace(/\.(\w+)$/, '.open.$1'));
  }
  await page.close();
}

/** All pictures of each page in a row. */
async function gallery(paths, looks) {
  const row = (path) =>
    `<h2><code>${path}</code></h2><p>${looks.map((look) => `<img loading="lazy" alt="${look}" src="${fileName(path, look)}">`).join('')}</p>`;
  const style = 'body{font:14px sans-serif}p{display:flex;gap:8px}img{width:49%;object-fit:contain;object-position:top;border:1px solid #888}';
  const html = `<!doctype html><meta charset="utf-8"><title>The portal</title><style>${style}</style>${paths.map(row).join('')}`;
  await writeFile(join(options.out, 'index.html'), html);
}

const profile = await mkdtemp(join(tmpdir(), 'syncline-shots-'));
const troubles = [];
try {
  await mkdir(options.out, { recursive: true });
  const looks = options.looks.split(',');
  let paths = pages.length > 0 ? pages : ['/portal/events', '/portal/jobs', '/portal/keys'];
  for (const look of looks) {
    const context = await chromium.launchPersistentContext(join(profile, look), {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: FLAGS,
      ...LOOKS[look],
    });
    if (options.enter) await enter(context);
    else if (options.password) await signIn(context);
    if (options.every && look === looks[0]) paths = (await everyPage(context, options.base)).map((one) => one.path);
    for (const path of paths) {
      await shoot(context, path, look, troubles);
    }
    await context.close();
  }
  await gallery(paths, looks);
} finally {
  await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); // the browser may still be closing
}
for (const trouble of troubles) process.stderr.write(`${trouble}\n`);
process.exitCode = troubles.length > 0 ? 1 : 0;
