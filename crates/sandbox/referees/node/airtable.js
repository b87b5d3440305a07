import { run } from './lib/referee.js';
import './airtable/records.js';
import './airtable/select.js';
import './airtable/formulas.js';
import './airtable/values.js';
import './airtable/errors.js';
import './airtable/limits.js';

await run('airtable 0.12.2 (npm)');
