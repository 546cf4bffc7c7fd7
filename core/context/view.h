/*
 * View: what a terminal may show of a customer, language-neutral JSON with absolute times.
 *
 * Each part is rendered, as a clerk sees it, when its row is written and stored ready, so that a tap parses
 * nothing: tb_view_put() only joins parts. The shopper's view is taken out of the clerk's. Words, ages and
 * colours are the page's (docs/protocol.md, "Local page API"). Pure; callable from any thread.
 */
#ifndef TB_CORE_CONTEXT_VIEW_H
#define TB_CORE_CONTEXT_VIEW_H

#include "core/base/arena.h"
#include "core/wire/docs.h"

/* What the renderers write: another number with every change of it, so that a cache which another program
 * filled is filled anew. */
#define TB_VIEW_RENDERING 1u
#define TB_VIEW_PART_SIZE_MAX (16u * 1024u) /* bytes, of one rendered part */

enum tb_audience {
    TB_AUDIENCE_CLERK,
    TB_AUDIENCE_SHOPPER, /* she herself, on a screen that others may see: nothing of staff, and no past */
    TB_AUDIENCE_POS,     /* other software on the till: what a sale needs, and nothing that is the clerk's */
};

/* Rendered parts; an empty span is a part that is not known. All borrowed. */
struct tb_view_parts {
    struct tb_span profile; /* of tb_view_render_profile(), what is shown of it */
    struct tb_span journey; /* of tb_view_render_journey() */
    int64_t profile_as_of_ms;
    int64_t journey_as_of_ms;
    struct tb_span suggestions; /* an array of tb_view_put_suggestion(); empty: none */
};

/* Appends members of the view, without the braces around them; behind it what is not shown as it stands: what
 * she looked at after one 00, her consents after another. to->err when they do not fit. */
void tb_view_render_profile(struct tb_buf *to, const struct tb_customer *customer);

/* What is shown as it stands. */
struct tb_span tb_view_shown(struct tb_span profile);
/* The customer's name out of it, and, out of what is behind it, what she looked at lately and what she was
 * asked to agree to. Errors are those of tb_json_parse(); an arena of TB_VIEW_ARENA_SIZE suffices. */
TB_MUST_USE enum tb_err tb_view_name(struct tb_span profile, struct tb_arena *arena,
                                     char ret_name[TB_NAME_SIZE_MAX + 1]);
TB_MUST_USE enum tb_err tb_view_viewed(struct tb_span profile, struct tb_arena *arena,
                                       struct tb_viewed ret_viewed[TB_VIEWED_COUNT_MAX], uint8_t *ret_count);
/* An array of {id, granted}, borrowed from arena and profile. TB_ERR_MISSING: none are stored. */
TB_MUST_USE enum tb_err tb_view_consents(struct tb_span profile, struct tb_arena *arena,
                                         struct tb_json *ret_list);

/* One object of the array of suggestions: a product that she looked at, as this store has it. */
void tb_view_put_suggestion(struct tb_json_writer *w, const struct tb_product *product, int64_t seen_ms);

/* Appends an array of the last touchpoints, newest first. */
void tb_view_render_journey(struct tb_buf *to, const struct tb_journey *journey);

/* For whom, and what of it the customer's proof opens (core/wire/docs.h, enum tb_benefit). */
struct tb_view_open {
    enum tb_audience audience;
    bool tier;
    bool name;
};

/* An arena of this size parts any profile. */
#define TB_VIEW_ARENA_SIZE (TB_JSON_ARENA_SIZE(TB_VIEW_PART_SIZE_MAX + 2) + TB_VIEW_PART_SIZE_MAX + 64)

/* Reads a rendered profile back as an object. TB_ERR_NO_MEMORY, and the errors of tb_json_parse(). */
TB_MUST_USE enum tb_err tb_view_parse_profile(struct tb_span profile, struct tb_arena *arena,
                                              struct tb_json *ret_object);

/*
 * Writes the view as one object with what is open of it: without a name the customer has an empty one. All
 * of it for a clerk is joined as it stands; else the profile is taken apart in the arena. TB_ERR_NO_MEMORY
 * and faults of the profile leave it out. The shopper's is
 *
 *   {audience:"shopper", customer:{name, language}, tier?, points?, as_of:{profile_ms?}}
 *
 * and that of a POS
 *
 *   {customer:{name, salutation?, language}, tier?, points?, benefits?, as_of:{profile_ms?}}
 */
TB_MUST_USE enum tb_err tb_view_put_open(struct tb_json_writer *w, const char *name,
                                         const struct tb_view_parts *parts, const struct tb_view_open *open,
                                         struct tb_arena *arena);

/* Writes the view as one object. */
void tb_view_put(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts);

#endif
