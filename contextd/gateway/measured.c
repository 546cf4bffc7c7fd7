/* What the engine measured while it decided, into the metrics. */
#include "contextd/gateway/connection.h"

#include "core/base/assert.h"

void gateway_measured(struct tb_gateway *g, const struct tb_engine_answer *answer)
{
    static const enum tb_measure durations[] = {[TB_ENGINE_WAITED] = TB_MEASURE_WAIT,
                                                [TB_ENGINE_HANDLED] = TB_MEASURE_HANDLE,
                                                [TB_ENGINE_FINISHED] = TB_MEASURE_FINISH};
    static const enum tb_measure_event events[] = {[TB_ENGINE_VISITED] = TB_MEASURE_VISIT,
                                                   [TB_ENGINE_RECOGNISED] = TB_MEASURE_RECOGNISED,
                                                   [TB_ENGINE_RESUMED] = TB_MEASURE_RESUMED};
    if (answer->ask != TB_ENGINE_APPLY || answer->err != TB_OK)
        return;
    for (size_t i = 0; i < answer->apply.measure_count; i++) {
        const struct tb_engine_measure *m = &answer->apply.measures[i];
        if (m->what < TB_ARRAY_SIZE(durations))
            tb_measures_took(&g->metrics.measures, durations[m->what], m->channel, m->took_ms);
        else
            tb_measures_count(&g->metrics.measures, events[m->what], m->channel);
    }
}
