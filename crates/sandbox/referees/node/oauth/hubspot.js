import * as oauth from 'oauth4webapi';
import { assert, call, refused, test } from '../lib/referee.js';
import { credentials } from '../lib/sandbox.js';
import { authorize, exchange, insecure, refresh, server } from './client.js';

const { base_url: issuer, app } = credentials.hubspot;
const as = server(issuer, {
  authorization_endpoint: '/oauth/authorize',
  token_endpoint: '/oauth/2026-03/token',
  introspection_endpoint: '/oauth/2026-03/token/introspect',
  revocation_endpoint: '/oauth/2026-03/token/revoke',
});
const client = { client_id: app.client_id };
const secret = oauth.ClientSecretPost(app.client_secret);
const wanted = {
  scope: (app.required_scopes ?? app.scopes).join(' '),
  optional_scope: (app.optional_scopes ?? []).join(' '),
};

test('HubSpot: a code with PKCE becomes tokens', async () => {
  await call(
    'HubSpot, authorizationCodeGrant',
    async () => exchange(as, client, secret, await authorize(as, client, wanted)),
    (tokens) => {
      assert.equal(tokens.token_type, 'bearer');
      assert.equal(tokens.expires_in, 1800);
      assert.equal(tokens.token_use, 'access_token');
      assert.equal(typeof tokens.hub_id, 'number');
      assert.ok(tokens.refresh_token);
      assert.ok(Array.isArray(tokens.scopes));
    },
  );
});

test('HubSpot: the code is bound to its verifier', async () => {
  const given = await authorize(as, client, wanted);
  await refused(
    'HubSpot, authorizationCodeGrant with another verifier',
    () => exchange(as, client, secret, { ...given, verifier: oauth.generateRandomCodeVerifier() }),
    (error) => {
      assert.ok(error instanceof oauth.ResponseBodyError);
      assert.equal(error.status, 400);
      assert.equal(typeof error.error, 'string');
    },
  );
});

test('HubSpot: a refresh gives a new access token', async () => {
  const first = await exchange(as, client, secret, await authorize(as, client, wanted));
  await call(
    'HubSpot, refreshTokenGrant',
    () => refresh(as, client, secret, first.refresh_token),
    (tokens) => {
      assert.notEqual(tokens.access_token, first.access_token);
      assert.equal(tokens.expires_in, 1800);
    },
  );
});

test('HubSpot: a token is introspected', async () => {
  const { access_token: token, hub_id: hubId } = await exchange(
    as,
    client,
    secret,
    await authorize(as, client, wanted),
  );
  const introspect = async (value) => {
    const options = { ...insecure, additionalParameters: { token_type_hint: 'access_token' } };
    return oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, secret, value, options),
    );
  };
  await call(
    'HubSpot, introspection',
    () => introspect(token),
    (given) => {
      assert.equal(given.active, true);
      assert.equal(given.hub_id, hubId);
      assert.equal(given.client_id, app.client_id);
    },
  );
  await call(
    'HubSpot, introspection of an unknown token',
    () => introspect('unknown'),
    (given) => assert.deepEqual(given, { active: false }),
  );
});

test('HubSpot: a refresh token that was revoked is of no use', async () => {
  const { refresh_token: token } = await exchange(as, client, secret, await authorize(as, client, wanted));
  await call(
    'HubSpot, revocation',
    async () =>
      oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, secret, token, {
          ...insecure,
          additionalParameters: { token_type_hint: 'refresh_token' },
        }),
      ),
    (given) => assert.equal(given, undefined),
  );
  await refused(
    'HubSpot, refreshTokenGrant after revocation',
    () => refresh(as, client, secret, token),
    (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.error, 'invalid_grant');
    },
  );
});
