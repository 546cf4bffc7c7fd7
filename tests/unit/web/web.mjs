// The page's modules, as they are written or (TB_WEB) as they are embedded.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const folder = process.env.TB_WEB ?? fileURLToPath(new URL('../../../agent/web/', import.meta.url));
export const load = (name) => import(pathToFileURL(path.join(folder, name)));
