/*
 * View: what a terminal may show of a customer, language-neutral JSON with absolute times.
 *
 * Each part is rendered when its row is written and stored ready, so that a tap parses nothing:
 * tb_view_put() only joins parts. Words, ages and colours are the page's (docs/protocol.md, "Local page
 * API"). Pure; callable from any thread.
 */
#ifndef TB_CORE_CONTEXT_VIEW_H
#define TB_CORE_CONTEXT_VIEW_H

#include "core/wire/docs.h"

#define TB_VIEW_PART_SIZE_MAX (12u * 1024u) /* bytes, of one rendered part */

enum tb_audience {
    TB_AUDIENCE_CLERK,
};

/* Rendered parts; an empty span is a part that is not known. All borrowed. */
struct tb_view_parts {
    struct tb_span profile; /* of tb_view_render_profile() */
    struct tb_span journey; /* of tb_view_render_journey() */
    int64_t profile_as_of_ms;
    int64_t journey_as_of_ms;
};

/* Appends members of the view, without the braces around them. to->err when they do not fit. */
void tb_view_render_profile(struct tb_buf *to, enum tb_audience audience, const struct tb_customer *customer);

/* Appends an array of the last touchpoints, newest first. */
void tb_view_render_journey(struct tb_buf *to, enum tb_audience audience, const struct tb_journey *journey);

/* Writes the view as one object. */
void tb_view_put(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts);

#endif
