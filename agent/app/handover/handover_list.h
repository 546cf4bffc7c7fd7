/*
 * The open hand-overs of a store, in the order in which somebody is to look at them: calls for help from the
 * store's own terminals, calls from customers on the web, what is to go on somewhere else, and last what this
 * terminal does not take; of each the newest first.
 *
 * At the limit one that comes before the last takes its place, so that nobody who has an account hides who
 * stands in the store and waits. What was displaced comes back with the next full read of the feed.
 *
 * Limits: TB_HANDOVERS_OPEN_MAX. No I/O; one thread. It holds what customers wrote: clear it when it goes.
 */
#ifndef TB_AGENT_APP_HANDOVER_HANDOVER_LIST_H
#define TB_AGENT_APP_HANDOVER_HANDOVER_LIST_H

#include "core/base/id.h"
#include "core/wire/docs.h"

#include <stddef.h>

#define TB_HANDOVERS_OPEN_MAX 64

struct tb_handover_entry {
    struct tb_id id;
    struct tb_id customer; /* zero: nobody's cart */
    int64_t version;
    bool declined; /* by this terminal */
    struct tb_handover doc;
};

struct tb_handover_list {
    struct tb_handover_entry at[TB_HANDOVERS_OPEN_MAX];
    size_t count;
};

/* NULL: it is not in the list. Good until the list changes. */
const struct tb_handover_entry *tb_handover_list_find(const struct tb_handover_list *list,
                                                      const struct tb_id *id);

/* A new one, or what became of one that is known, of which it keeps whether it was declined. False: another
 * has lost its place, or this one has not got any. */
bool tb_handover_list_put(struct tb_handover_list *list, const struct tb_handover_entry *entry);

/* This terminal does not take it; nothing when it is not in the list. */
void tb_handover_list_decline(struct tb_handover_list *list, const struct tb_id *id);

void tb_handover_list_remove(struct tb_handover_list *list, const struct tb_id *id);

/* Those of one customer. */
void tb_handover_list_forget(struct tb_handover_list *list, const struct tb_id *customer);

void tb_handover_list_clear(struct tb_handover_list *list);

#endif
