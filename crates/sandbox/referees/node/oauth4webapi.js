import { run } from './lib/referee.js';
import './oauth/hubspot.js';
import './oauth/notion.js';
import './oauth/airtable.js';

await run('oauth4webapi 3.8.8 (npm)');
