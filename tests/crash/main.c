/*
 * ./dev crash --states N [--first SEED] [--subject terminal|engine] [--lives N]: power cuts until so many
 * states were opened. Prints what was found; ends with 1 when something was.
 */
#include "core/base/text.h"
#include "tests/crash/power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
    uint64_t states;
    uint64_t first;
    unsigned life_count;
    const struct power_subject *subject;
};

static const struct power_subject *const subjects[] = {&power_terminal, &power_engine};

static bool order_take(struct order *order, const char *name, const char *value)
{
    char *end = NULL;
    uint64_t number = strtoull(value, &end, 10);
    bool is_number = *value != '\0' && *end == '\0';
    if (strcmp(name, "--states") == 0)
        order->states = number;
    else if (strcmp(name, "--first") == 0)
        order->first = number;
    else if (strcmp(name, "--lives") == 0)
        order->life_count = (unsigned)number;
    else if (strcmp(name, "--subject") == 0) {
        for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
            if (strcmp(subjects[i]->name, value) == 0)
                order->subject = subjects[i];
        return order->subject != NULL;
    } else
        return false;
    return is_number;
}

static uint64_t subject_run(const struct power_subject *subject, const struct order *order)
{
    struct power_tally tally = {0};
    struct power_plan plan = {.seed = order->first, .life_count = order->life_count};
    for (; tally.state_count < order->states && tally.fault_count == 0; plan.seed++)
        power_run(subject, &plan, &tally);
    (void)printf("%s: %llu states at %llu steps of %llu runs (seeds %llu to %llu), %llu faults\n ",
                 subject->name, (unsigned long long)tally.state_count, (unsigned long long)tally.step_count,
                 (unsigned long long)tally.run_count, (unsigned long long)order->first,
                 (unsigned long long)(plan.seed - 1), (unsigned long long)tally.fault_count);
    for (int fate = 0; fate < CRASH_FATE_COUNT; fate++)
        (void)printf(" %s %llu", crash_fate_names[fate], (unsigned long long)tally.of_fate[fate]);
    (void)printf("\n");
    return tally.fault_count;
}

int main(int argc, char **argv)
{
    struct order order = {.states = 10000, .first = 1};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && order_take(&order, argv[i], argv[i + 1]))
            continue;
        (void)fprintf(
            stderr,
            "usage: crash_states [--states N] [--first SEED] [--subject terminal|engine] [--lives N]\n");
        return 2;
    }
    uint64_t faults = 0;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (!order.subject || order.subject == subjects[i])
            faults += subject_run(subjects[i], &order);
    return faults ? 1 : 0;
}
