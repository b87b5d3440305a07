// An authorization code flow with PKCE, by a client that belongs to none of the vendors.

import * as oauth from 'oauth4webapi';
import { consent } from '../lib/sandbox.js';

export const redirectUri = 'http://127.0.0.1:9/oauth/callback';
export const insecure = { [oauth.allowInsecureRequests]: true };

/** What discovery would tell: none of the three has it. */
export function server(issuer, endpoints) {
  return { issuer, ...Object.fromEntries(Object.entries(endpoints).map(([name, path]) => [name, `${issuer}${path}`])) };
}

/**
 * HTTP Basic with id and secret as they are. OAuth 2.0 has them escaped first, and so does the library; Notion's and
 * Airtable's own examples do not.
 */
export function plainBasic(clientSecret) {
  return (_as, { client_id: id }, _body, headers) => {
    headers.set('authorization', `Basic ${Buffer.from(`${id}:${clientSecret}`).toString('base64')}`);
  };
}

/** Makes an authorize URL, goes there, and returns what came back, checked by the library. */
export async function authorize(as, client, more = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  const back = await consent(url);
  return { back, parameters: oauth.validateAuthResponse(as, client, back, state), verifier, state };
}

/** Exchanges a code, and returns the tokens as the library sees them. */
export async function exchange(as, client, auth, { parameters, verifier }, options = {}) {
  const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, {
    ...insecure,
    ...options,
  });
  return oauth.processAuthorizationCodeResponse(as, client, answer, options);
}

export async function refresh(as, client, auth, token, options = {}) {
  const answer = await oauth.refreshTokenGrantRequest(as, client, auth, token, { ...insecure, ...options });
  return oauth.processRefreshTokenResponse(as, client, answer, options);
}
