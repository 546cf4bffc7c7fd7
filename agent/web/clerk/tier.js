// A tier as this page paints it.
import { BACKGROUND, tierOf } from '../lib/facts.js';

/** null for none. scheme: light or dark */
export const shownTier = (state, id, scheme) => tierOf(id, state.terminal?.tiers, BACKGROUND[scheme]);
