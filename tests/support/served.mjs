// The pages' files as the agent has them: written by the same program as for its build.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('../../agent/', import.meta.url));
const PROGRAM = join(AGENT, 'counter/page.awk');

/** The bytes of a file like "web/clerk/app.js"; root: of another folder than the project's agent. Throws what page.awk says. */
export function served(file, root = AGENT) {
  return execFileSync('awk', ['-v', `root=${root.replace(/\/$/, '')}`, '-v', `file=${file}`, '-f', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
}
