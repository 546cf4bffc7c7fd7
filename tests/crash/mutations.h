/* Mutations of every kind, made up: what the crash tests fill outboxes and streams with. */
#ifndef TB_TESTS_CRASH_MUTATIONS_H
#define TB_TESTS_CRASH_MUTATIONS_H

#include "core/wire/mutation.h"
#include "tests/support/seeded_rng.h"

/* What a mutation is about, and room for its lists. */
struct crash_matter {
    struct tb_id customer;
    struct tb_id cart;
    struct tb_id other; /* a cart, reservation, checkout, handover …: the few there are of each */
    const char *gtin;   /* borrowed */
    struct tb_paid_line paid[2];
    struct tb_id exclude[2];
};

/* One of any kind that a client may send, but for skipped records; without seq. Borrows from matter. */
struct tb_mutation crash_mutation(struct seeded_rng *chance, struct crash_matter *matter);

#endif
