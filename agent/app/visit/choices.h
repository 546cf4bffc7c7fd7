/*
 * Choices: a credential that belongs to several customers (a family's card) says only that it is one of them.
 * The pages ask which ("Who is shopping?"), and the visit begins for the one who is chosen.
 *
 * One question at a time, for TB_CHOICE_WAIT_MS; it is dropped when any visit begins. The visit before ends
 * when none of its customers is among them, and goes on without a question when one is. Names are shown as
 * far as the credential's assurance opens them, else by their initials; pages know customers by handles that
 * mean nothing elsewhere. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_CHOICES_H
#define TB_AGENT_APP_VISIT_CHOICES_H

#include "agent/app/pages/page.h"
#include "agent/app/request.h"
#include "agent/cache/record.h"
#include "core/identify/identify.h"
#include "core/visit/visit.h"
#include "host/loop/loop.h"

#define TB_CHOICE_WAIT_MS 30000

/* To whom the credential of an attempt in flight leads, when that is more than one. */
struct tb_choice_group {
    uint64_t attempt; /* 0: free */
    uint8_t count;
    struct tb_id customers[TB_SHARED_COUNT_MAX];
};

struct tb_choices {
    struct tb_choice_group groups[TB_LOOKUPS_MAX];
    struct tb_id id; /* of the question; zero: none is asked */
    struct tb_visit_start start;
    int64_t until_wall_ms;
    struct tb_choice_group asked;
    char names[TB_SHARED_COUNT_MAX][TB_NAME_SIZE_MAX + 1];
    struct tb_timer timer;
};

/* The look-up of an attempt found this record by this hash. False: the credential is hers alone. */
bool tb_choices_note(struct tb_agent *agent, uint64_t attempt, const struct tb_record *record,
                     const uint8_t *hash);
/* All whom a group of that attempt names are in the cache. */
bool tb_choices_are_known(struct tb_agent *agent, uint64_t attempt);
/* The attempt has ended, and begins no visit. */
void tb_choices_forget(struct tb_agent *agent, uint64_t attempt);
/* It begins a visit: true when somebody has to choose first. */
bool tb_choices_begin(struct tb_agent *agent, const struct tb_identify_action *action);

/* A visit has begun, or the customer was erased, or whoever is here is none of them: nothing is asked any
 * more. */
void tb_choices_drop(struct tb_agent *agent);
void tb_choices_show(struct tb_agent *agent, struct tb_page_to to);

/* visit.choose {choice, customer?}, of any page that shows the question; without customer it is none of them,
 * and nothing begins. */
void tb_choices_choose(struct tb_request *r);

#endif
