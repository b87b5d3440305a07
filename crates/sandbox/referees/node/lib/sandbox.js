// The sandbox's control interface. Importing this module resets the sandbox, once for each program.

const base = process.env.SYNCLINE_SANDBOX_URL;
if (!base) throw new Error('SYNCLINE_SANDBOX_URL is not set: run the referees with ./test --referees');

async function control(method, path, body) {
  const answer = await fetch(`${base}/_sandbox${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} /_sandbox${path} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

await control('POST', '/reset', { seed: 1 });
await control('POST', '/seed', { people: 30, companies: 8, deals: 6, seed: 1 });
// The libraries compare signed timestamps with the machine's clock, so simulated time starts at the real one.
await control('PUT', '/clock', { now_ms: Date.now(), speed: 1 });
// Limits are tested on their own; everywhere else they would only make the run slow.
const unlimited = { limits: { enabled: false } };
await control('PATCH', '/settings', {
  consent: 'approve',
  hubspot: unlimited,
  notion: unlimited,
  airtable: unlimited,
  tentoeight: unlimited,
});

/** What GET /_sandbox/credentials tells. */
export const credentials = await control('GET', '/credentials');

export const sandbox = {
  base,
  settings: (patch) => control('PATCH', '/settings', patch),
  /** Moves simulated time; returns when everything that fell due on the way has run. */
  advance: (ms) => control('POST', '/clock/advance', { ms }),
  /** Returns when every webhook delivery that is due has been sent. */
  settle: () => control('POST', '/settle'),
  /** Makes the next matching request go wrong. */
  fault: (rule) => control('POST', '/faults', { times: 1, ...rule }),
  clearFaults: () => control('DELETE', '/faults'),
  /** A user's edit, made in the vendor's own pages rather than through the API. */
  edit: (provider, change) => control('POST', `/${provider}/edit`, change),
  /** What Notion has only pages for: a subscription, and its verification with the token that was sent. */
  notionSubscriptions: {
    create: (subscription) => control('POST', '/notion/subscriptions', subscription),
    verify: (id, token) => control('POST', `/notion/subscriptions/${id}/verify`, { verification_token: token }),
    remove: (id) => control('DELETE', `/notion/subscriptions/${id}`),
  },
};

/** Turns the limits of one provider on while `body` runs. Time stands still meanwhile: a slow machine changes nothing. */
export async function limited(provider, body) {
  await control('PATCH', '/settings', { [provider]: { limits: { enabled: true } } });
  await control('PUT', '/clock', { speed: 0 });
  try {
    return await body();
  } finally {
    await control('PUT', '/clock', { speed: 1 });
    await control('PATCH', '/settings', { [provider]: unlimited });
    // Whatever penalty was earned is over before the next test.
    await control('POST', '/clock/advance', { ms: 120_000 });
  }
}

let counter = 0;
/** A word that no other test uses. */
export function fresh(word) {
  counter += 1;
  return `${word}${counter}x${Date.now().toString(36)}`;
}

/** Opens an authorize URL as a browser would, and returns where it leads: the redirect URI with its query. */
export async function consent(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  if (answer.status !== 302) throw new Error(`the authorize page answered ${answer.status}: ${await answer.text()}`);
  return new URL(answer.headers.get('location'));
}
