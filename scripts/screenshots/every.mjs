// Finds the portal's pages by following its links: one page of each kind, however many records, events or syncs there are.

/** Addresses that are no pages: streams, downloads, and what ends the session. */
const NO_PAGE = /\/(stream|export|raw|logout|enter|login)(\/|$)|^\/portal\/assets\//;
/** More kinds than this would mean that ids are taken for kinds. */
const MOST = 120;

/** The kind of page that a path leads to: ids are all alike. */
const kind = (path) => path.split('/').map((part) => (/[\d%A-Z]/.test(part) ? '{id}' : part)).join('/');

/** The path of the first page of each kind that can be reached from the overview, in alphabetical order. */
export async function everyPage(context, base) {
  const page = await context.newPage();
  const found = new Map([['/portal', '/portal']]);
  for (const path of found.values()) {
    const answer = await page.goto(new URL(path, base).href, { waitUntil: 'domcontentloaded' });
    if (!answer?.headers()['content-type']?.startsWith('text/html')) {
      found.delete(kind(path));
      continue;
    }
    const hrefs = await page.$$eval('a[href]', (links) => links.map((link) => link.href));
    for (const href of hrefs) {
      const { origin, pathname } = new URL(href);
      const known = origin !== new URL(base).origin || !/^\/portal(\/|$)/.test(pathname) || NO_PAGE.test(pathname);
      if (known || found.has(kind(pathname))) continue;
      if (found.size === MOST) throw new Error(`more than ${MOST} kinds of pages: ${[...found.keys()].join(' ')}`);
      found.set(kind(pathname), pathname);
    }
  }
  await page.close();
  return [...found.entries()].sort().map(([name, path]) => ({ name, path }));
}
