// A tier as this page paints it.
import { tierOf } from '../lib/facts.js';

const BACKGROUND = { light: [255, 255, 255], dark: [27, 32, 39] }; // --panel in style.css

/** null for none. scheme: light or dark */
export const shownTier = (state, id, scheme) => tierOf(id, state.terminal?.tiers, BACKGROUND[scheme]);
