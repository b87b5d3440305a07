import { collectPaginatedAPI, isFullUser } from '@notionhq/client';
import { assert, call, refused, test } from '../lib/referee.js';
import { notion, unknownId, uuid, workspace } from './client.js';

test('The token belongs to a bot of the workspace', async () => {
  await call(
    'users.me',
    () => notion().users.me({}),
    (me) => {
      assert.equal(me.object, 'user');
      assert.equal(me.type, 'bot');
      assert.match(me.id, uuid);
      assert.equal(me.bot.workspace_id, workspace.workspace_id);
      assert.equal(me.bot.workspace_name, workspace.name);
      assert.equal(typeof me.bot.workspace_limits.max_file_upload_size_in_bytes, 'number');
    },
  );
});

test('The users of the workspace are listed and read one by one', async () => {
  const { results } = await call(
    'users.list',
    () => notion().users.list({}),
    (given) => {
      assert.equal(given.object, 'list');
      assert.equal(given.type, 'user');
      assert.equal(typeof given.has_more, 'boolean');
      assert.ok(given.results.length > 0);
      assert.ok(given.results.every(isFullUser));
    },
  );
  await call(
    'users.retrieve',
    () => notion().users.retrieve({ user_id: results[0].id }),
    (one) => {
      assert.equal(one.id, results[0].id);
      assert.ok(one.type === 'person' || one.type === 'bot');
    },
  );
  await call(
    'collectPaginatedAPI of users',
    () => collectPaginatedAPI(notion().users.list, { page_size: 1 }),
    (all) => {
      assert.ok(all.length >= results.length);
      assert.equal(new Set(all.map((one) => one.id)).size, all.length);
    },
  );
});

test('A user that is not there is not found', async () => {
  await refused(
    'users.retrieve of an unknown id',
    () => notion().users.retrieve({ user_id: unknownId }),
    (error) => {
      assert.equal(error.status, 404);
      assert.equal(error.code, 'object_not_found');
    },
  );
});
