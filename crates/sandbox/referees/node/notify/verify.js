import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { assert, call, refused, test } from '../lib/referee.js';
import { ask, told } from '../lib/hub.js';
import { receiver } from '../lib/receiver.js';

// One of the two answers the payload, the other one nothing: what counts is that it does not throw.
const payload = (given, got) => given ?? JSON.parse(got.body);

const PAYLOAD = { name: 'Zoë 🦀', amount: 1.5, nested: { empty: null, list: [1, 2] } };

for (const [library, Webhook] of [['standardwebhooks', Standard], ['svix', Svix]]) {
  const withEndpoint = async (body) => {
    const here = await receiver();
    const made = await ask('POST', '/v1/endpoints', { org_id: 'referees', url: here.url });
    try {
      await body(here, made);
    } finally {
      await ask('DELETE', `/v1/endpoints/${made.id}`);
      await here.close();
    }
  };

  test(`${library} believes what the hub sends`, () => withEndpoint(async (here, made) => {
    const got = await told(here, PAYLOAD);
    const webhook = new Webhook(made.signing.secret);
    await call(`${library}, verify`, () => webhook.verify(got.body, got.headers), (given) =>
      assert.deepEqual(payload(given, got), PAYLOAD));
  }));

  test(`${library} refuses what was changed, is old, or is signed with another secret`, () => withEndpoint(async (here, made) => {
    const got = await told(here, PAYLOAD);
    const webhook = new Webhook(made.signing.secret);
    const why = (error) => assert.match(error.constructor.name + error.message, /Webhook|[Ss]ignature|timestamp/);
    await refused(`${library}, another body`, () => webhook.verify(got.body.replace('1.5', '1.6'), got.headers), why);
    await refused(`${library}, another id`, () => webhook.verify(got.body, { ...got.headers, 'webhook-id': 'msg_1' }), why);
    const old = { ...got.headers, 'webhook-timestamp': String(Number(got.headers['webhook-timestamp']) - 600) };
    await refused(`${library}, an old timestamp`, () => webhook.verify(got.body, old), why);
    const other = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    await refused(`${library}, another secret`, () => other.verify(got.body, got.headers), why);
  }));

  test(`${library} believes with the old and the new secret while they rotate`, () => withEndpoint(async (here, made) => {
    const rotated = await ask('POST', `/v1/endpoints/${made.id}/secrets`, { overlap: '1h' });
    const got = await told(here, PAYLOAD);
    for (const [which, secret] of [['old', made.signing.secret], ['new', rotated.secret]]) {
      const webhook = new Webhook(secret);
      await call(`${library}, verify with the ${which} secret`, () => webhook.verify(got.body, got.headers), (given) =>
        assert.deepEqual(payload(given, got), PAYLOAD));
    }
  }));
}
