#include "core/link/tap.h"

static struct tb_link_message tag_message(const struct tb_tap *t)
{
    static const enum tb_link_tag_kind kinds[] = {[TB_TAG_KIND_TYPE2] = TB_LINK_TAG_TYPE2,
                                                  [TB_TAG_KIND_TYPE4] = TB_LINK_TAG_TYPE4,
                                                  [TB_TAG_KIND_OTHER] = TB_LINK_TAG_OTHER};
    return (struct tb_link_message){
        .type = TB_LINK_TAG,
        .tag = {.tap = t->tap,
                .kind = kinds[tb_tag_kind_of(t->target.sak)],
                .sak = t->target.sak,
                .atqa = t->target.atqa,
                .uid = tb_span_of(t->target.uid, t->target.uid_size)},
    };
}

struct tb_link_message tb_link_message_of_tap(const struct tb_tap *t)
{
    switch (t->word) {
    case TB_TAP_TAG: return tag_message(t);
    case TB_TAP_DATA:
        return (struct tb_link_message){.type = TB_LINK_TAG_DATA,
                                        .tag_data = {.tap = t->tap, .ndef = tb_buf_span(&t->read.ndef)}};
    case TB_TAP_FAILED:
        return (struct tb_link_message){
            .type = TB_LINK_TAG_FAILED,
            .tag_failed = {.tap = t->tap, .failure = t->read.failure, .reason = t->read.reason}};
    case TB_TAP_TWO: return (struct tb_link_message){.type = TB_LINK_TWO_TAGS, .tap = t->tap};
    case TB_TAP_GONE: break;
    }
    return (struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = t->tap};
}

void tb_link_stats_count(const struct tb_tap *t, uint32_t stats[TB_LINK_STAT_COUNT])
{
    switch (t->word) {
    case TB_TAP_TAG: stats[TB_LINK_STAT_TAPS] += t->read_count == 0; return; /* not said again */
    case TB_TAP_DATA: stats[TB_LINK_STAT_TAGS_READ]++; return;
    case TB_TAP_FAILED:
    case TB_TAP_TWO: stats[TB_LINK_STAT_TAGS_FAILED]++; return;
    case TB_TAP_GONE: return;
    }
}
