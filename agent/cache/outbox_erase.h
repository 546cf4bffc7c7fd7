/*
 * Erasing customers from the outbox: sales stay and take the erasure's id in place of the customer's,
 * everything else about her goes. What goes leaves a hole, which the sync machine closes by a skipped record.
 * Synchronous; belongs to the file's writer.
 */
#ifndef TB_AGENT_CACHE_OUTBOX_ERASE_H
#define TB_AGENT_CACHE_OUTBOX_ERASE_H

#include "agent/cache/outbox.h"

struct tb_erasure {
    struct tb_id id; /* stands for the customer from now on */
    struct tb_id customer;
};

/* Inside a transaction. Absent customers are no error. A row that does not verify cannot be read by anybody,
 * and stays. tb_outbox_recount() is due when the transaction failed. */
TB_MUST_USE enum tb_err tb_outbox_erase(struct tb_outbox *outbox, const struct tb_erasure *erasures,
                                        size_t count);

/* Outside a transaction and alone, after it: no byte of what was erased is left in the file or its log. */
TB_MUST_USE enum tb_err tb_outbox_erase_log(struct tb_outbox *outbox);

#endif
