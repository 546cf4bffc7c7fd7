// Debian's Chromium, for whoever has no playwright of its own beside it.

import { chromium } from 'playwright-core';
import { CHROMIUM } from './clerk_stage.mjs';

export const launch = (options = {}) => chromium.launch({ ...CHROMIUM, ...options });
