/*
 * What is done about customers beside their carts: notes of staff, consents, credentials and hand-overs.
 * Drawn where the real engine decides, and judged a second time here, from docs/protocol.md.
 */
#ifndef TB_TESTS_SIM_SIM_PEOPLE_H
#define TB_TESTS_SIM_SIM_PEOPLE_H

#include "core/sync/engine_port.h"

#define PEOPLE_CUSTOMER_MAX 4
#define PEOPLE_CARD_COUNT 3 /* that are nobody's when a run begins */
#define PEOPLE_NOTE_MAX 4   /* ids that are drawn; each may be added again when it was removed */
#define PEOPLE_HANDOVER_MAX 8
#define PEOPLE_MADE_MAX 2 /* hand-overs of one client: a terminal may have eight open */

struct sim;
struct sim_client;

struct people_note {
    struct tb_id id;
    struct tb_id customer;
    bool gone;
};

struct people_card {
    struct tb_id owner; /* zero: nobody's */
    size_t also_count;
    struct tb_id also[PEOPLE_CUSTOMER_MAX];
    bool blocked;
};

struct people_handover {
    struct tb_id id;
    struct tb_id customer;
    enum tb_handover_state state;
    char from[TB_DEVICE_SIZE_MAX + 1];
    char by[TB_DEVICE_SIZE_MAX + 1]; /* who accepted */
    int64_t at_ms;
};

struct people_consent {
    bool asked;
    bool granted;
};

struct sim_people {
    size_t note_count;
    struct people_note notes[PEOPLE_NOTE_MAX];
    struct people_card cards[PEOPLE_CARD_COUNT];
    size_t handover_count;
    struct people_handover handovers[PEOPLE_HANDOVER_MAX];
    struct people_consent consents[PEOPLE_CUSTOMER_MAX];
};

/* False: nothing comes to mind this time. */
bool people_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m);

/* Whether it is one of these; *ret_applied: it is to be applied, and is. */
bool people_judge(struct sim *s, const char *device, const struct tb_mutation *m, bool *ret_applied);

/* What an answer to this peer says of them. */
void people_compare(struct sim *s, const struct tb_engine_peer *peer, const struct tb_row *row);

#endif
