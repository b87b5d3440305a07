import { run } from './lib/referee.js';
import './notify/verify.js';

await run('standardwebhooks 1.1.1, svix 2.5.0 (npm)');
