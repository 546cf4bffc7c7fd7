/* What a tap machine says, as a message of the reader link. Pure; callable from any thread. */
#ifndef TB_CORE_LINK_TAP_H
#define TB_CORE_LINK_TAP_H

#include "core/link/message.h"
#include "core/tag/tap.h"

_Static_assert(TB_TAP_RELAY_ON == (int)TB_LINK_RELAY_ON && TB_TAP_RELAY_AGAIN == (int)TB_LINK_RELAY_AGAIN,
               "one is the other");
_Static_assert(TB_TAP_UID_MAX == TB_LINK_UID_MAX, "a UID fits TAG");

/* The message for t->word; its spans are borrowed from the machine until tb_tap_done(). */
struct tb_link_message tb_link_message_of_tap(const struct tb_tap *t);

/* Counts it: taps, tags_read, tags_failed. */
void tb_link_stats_count(const struct tb_tap *t, uint32_t stats[TB_LINK_STAT_COUNT]);

#endif
