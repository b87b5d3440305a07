// A running hub, for what it sends: its API, and endpoints that are this program.

const { SYNCLINE_HUB_URL: base, SYNCLINE_HUB_KEY: key } = process.env;

/** Asks the hub's API; anything but a success is an error. */
export async function ask(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Publishes a message and answers it as it arrived at the receiver. */
export async function told(receiver, payload) {
  const before = receiver.deliveries.length;
  await ask('POST', '/v1/messages', { org_id: 'referees', type: 'referee.asked', payload });
  const deadline = Date.now() + 30_000;
  while (receiver.deliveries.length === before) {
    if (Date.now() > deadline) throw new Error('the message never arrived');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return receiver.deliveries[before];
}
