/*
 * Books: what the cache knows of itself, in one sealed row that is written in the same transaction as the
 * rows it is about: the checksum of each partition, the counts, and stamps.
 *
 * A stamp says in which reading of a partition a row came. Forgetting a partition is giving it a new stamp:
 * what is stored counts as version 0 from then on, is shown until the feed has brought it again, and is taken
 * away when the feed is complete and did not.
 *
 *     u32 last_stamp ‖ u32 product_stamp ‖ u32 customer_count ‖ u32 product_count ‖ u64 contact_ms
 *     ‖ a bit per partition: trimmed (32) ‖ u64 sum × 256 ‖ u32 stamp × 256
 *
 * Pure; not thread-safe.
 */
#ifndef TB_AGENT_CACHE_BOOKS_H
#define TB_AGENT_CACHE_BOOKS_H

#include "core/base/buf.h"
#include "core/wire/sync.h"

#define TB_BOOKS_SIZE (4u * 4u + 8u + TB_PARTITION_COUNT / 8u + TB_PARTITION_COUNT * (8u + 4u))
#define TB_BOOKS_STAMP_MAX ((1u << 30) - 1u)

struct tb_books {
    uint32_t last_stamp;
    uint32_t product_stamp;
    uint32_t customer_count;
    uint32_t product_count;
    int64_t contact_ms;                  /* wall time of the context store's last rows, to 6 h; 0: never */
    uint64_t sums[TB_PARTITION_COUNT];   /* of the cohort's rows, each of its partition's stamp */
    uint32_t stamps[TB_PARTITION_COUNT]; /* from 1 */
    bool trimmed[TB_PARTITION_COUNT];    /* a limit made this terminal let go of customers of the cohort */
};

/* Books of a file without rows; everything has this stamp. */
struct tb_books tb_books_new(uint32_t stamp);

/* The next stamp, never 0. */
uint32_t tb_books_stamp(struct tb_books *books);

void tb_books_pack(const struct tb_books *books, struct tb_buf *to);
TB_MUST_USE enum tb_err tb_books_unpack(struct tb_span packed, struct tb_books *ret_books);

#endif
