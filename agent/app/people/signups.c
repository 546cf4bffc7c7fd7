#include "agent/app/people/signups.h"

#include "agent/app/agent.h"
#include "agent/app/people/people.h"
#include "agent/app/visit/operators.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>

static bool create_is_audited(struct tb_request *r, const struct tb_mutation *create)
{
    enum tb_err err =
        tb_audit(TB_EVENT("customer", "create"), tb_log_int("consents", create->create.consent_count),
                 tb_operators_field(r->agent));
    if (err != TB_OK)
        tb_request_refuse(r, err, "The sign-up could not be recorded.");
    return err == TB_OK;
}

void tb_signups_create(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_mutation create = {.kind = TB_MUTATION_CUSTOMER_CREATE,
                                 .customer = tb_id_random(tb_rng_system())};
    tb_create_decode(&r->check, r->params, &agent->arena, &create);
    create.create.ref = (struct tb_credential_ref){.kind = ""}; /* pages know no hashes */
    if (r->check.err == TB_OK && create.create.name[0] == '\0')
        tb_check_fail(&r->check, TB_ERR_MISSING, "name");
    if (!tb_request_check(r) || !tb_operators_admit(r))
        return;
    enum tb_err err = agent->facts.pepper.version ? TB_OK : TB_ERR_OFFLINE;
    if (err == TB_OK && !create_is_audited(r, &create))
        return;
    if (err == TB_OK)
        err = tb_people_store(agent, &create, r);
    if (err != TB_OK)
        tb_request_refuse(r, err, "The sign-up was not saved.");
    tb_wipe(&create, sizeof create);
}

static void customer_of(const struct tb_mutation *create, struct tb_customer *ret_customer)
{
    (void)snprintf(ret_customer->name, sizeof ret_customer->name, "%s", create->create.name);
    (void)snprintf(ret_customer->language, sizeof ret_customer->language, "%s", create->create.language);
    for (size_t i = 0; i < create->create.consent_count; i++) {
        struct tb_consent *consent = &ret_customer->consents[ret_customer->consent_count++];
        memcpy(consent->id, create->create.consents[i].consent, sizeof consent->id);
        consent->granted = create->create.consents[i].granted;
    }
}

/* Her record as the context store's rows will make it: no points yet, nothing in the cart. */
struct draft {
    struct tb_customer customer;
    struct tb_record record;
    uint8_t profile[TB_VIEW_PART_SIZE_MAX];
};

static void visit_begin(struct tb_agent *agent, const struct tb_mutation *create, struct draft *draft)
{
    struct tb_buf profile = tb_buf_of(draft->profile, sizeof draft->profile);
    customer_of(create, &draft->customer);
    tb_view_render_profile(&profile, &draft->customer);
    draft->record.customer = create->customer;
    draft->record.sections[TB_SECTION_PROFILE] =
        (struct tb_record_section){.as_of_ms = create->made_ms, .bytes = tb_buf_span(&profile)};
    const struct tb_visit_start start = {
        .known = true,
        .customer = tb_pepper_customer(&agent->facts.pepper, &create->customer),
        .source = TB_VISIT_FROM_CREATED,
        .assurance = TB_ASSURANCE_LOW,
        .reader = TB_VISIT_NO_READER,
    };
    tb_visits_open_new(agent, &start, &draft->record);
    tb_people_follow(agent, &create->customer);
    tb_people_credentials_known(agent); /* she has none */
}

void tb_signups_stored(struct tb_agent *agent, const struct tb_mutation *create)
{
    struct draft *draft = calloc(1, sizeof *draft);
    if (!draft) {
        tb_log(TB_LOG_ERROR, TB_EVENT("customer", "not_shown"), tb_log_err(TB_ERR_NO_MEMORY));
        return;
    }
    visit_begin(agent, create, draft);
    tb_wipe(draft, sizeof *draft);
    free(draft);
}

/* Her feed may have been asked for before the context store knew of her. */
void tb_signups_decided(struct tb_agent *agent, const struct tb_id *customer, bool applied)
{
    if (!tb_serving_is(&agent->serving, customer))
        return;
    if (!applied) {
        tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
        return;
    }
    if (tb_id_equal(&agent->followed, customer)) {
        tb_line_subscribe(agent, customer, false);
        tb_line_subscribe(agent, customer, true);
    }
    tb_agent_rearm(agent);
}
