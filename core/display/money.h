/*
 * Money: an amount in minor units as people of a place write it, for what has no formatter of its own.
 * Pure.
 */
#ifndef TB_CORE_DISPLAY_MONEY_H
#define TB_CORE_DISPLAY_MONEY_H

#include "core/base/buf.h"

/* Digits behind the point of an ISO 4217 currency: 2, but for the few that have 0 or 3. */
unsigned tb_currency_digits(const char *currency);

/* Appends "67.70" or "67,70": the decimal sign of that locale (a language, or with its country "de-CH"), no
 * grouping. */
void tb_money_put(struct tb_buf *to, int64_t amount, const char *currency, const char *locale);

#endif
